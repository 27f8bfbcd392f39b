"""One hash for many: a Merkle tree over receipts, as in RFC 6962 and RFC 9162, section 2.1. Pure.

Leaves and inner nodes are hashed with different prefixes, so that no inner node can be shown as a leaf.
"""

import hashlib
from collections.abc import Sequence

HASH_SIZE = 32


def leaf_hash(message: bytes) -> bytes:
    """Return the hash (32 bytes) of a leaf."""
    return hashlib.sha256(b"\x00" + message).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash (32 bytes) of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """Return the tree over leaf hashes, from the leaves to the root alone; of no leaves the empty hash.

    A node without a neighbour moves up as it is, which gives the same tree as the RFC's split at the
    largest power of two.
    """
    level = list(leaves) or [hashlib.sha256().digest()]
    tree = [level]
    while len(level) > 1:
        paired = [node_hash(level[n], level[n + 1]) for n in range(0, len(level) - 1, 2)]
        level = paired + level[len(paired) * 2 :]
        tree.append(level)
    return tree


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root (32 bytes) over leaf hashes."""
    return levels(leaves)[-1][0]


def proof(tree: Sequence[Sequence[bytes]], index: int) -> list[bytes]:
    """Return the neighbours met on the way from leaf `index` (from 0) to the root, lowest first."""
    if not 0 <= index < len(tree[0]):
        raise IndexError(index)
    path = []
    for level in tree[:-1]:
        neighbour = index ^ 1
        if neighbour < len(level):
            path.append(level[neighbour])
        index >>= 1
    return path


def is_included(leaf: bytes, index: int, count: int, path: Sequence[bytes], root: bytes) -> bool:
    """Say whether the leaf hash stands at `index` of the `count` leaves under `root` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < count:
        return False
    place, last, found = index, count - 1, leaf
    for neighbour in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node_hash(neighbour, found)
            # The node had no neighbour on the levels below this one's: it moved up as it is.
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, neighbour)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root
