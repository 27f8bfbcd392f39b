"""The root of a round: publish it, and say of a receipt whether it is under it."""

from array import array
from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import msgspec
from django.db import IntegrityError, transaction

from exams.marking.models import Result
from exams.registration.models import Candidate, Placement, Round
from exams.results.errors import NotAReceipt
from exams.results.models import RoundRoot
from exams.seat import services as seat
from exams.seat.keys import Receipt, is_genuine, receipt_public_key
from exams.seat.merkle import is_included, leaf_hash, levels, proof, root_of
from learning.people import audit

# A receipt is some 500 bytes.
MAX_RECEIPT = 20_000


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What proves, without this platform, that a receipt is under a published root; hashes in hex."""

    round: int
    root: str
    count: int
    index: int
    path: list[str]

    @property
    def text(self) -> str:
        """The proof as JSON, as the command reads it."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1).decode()

    def holds_for(self, receipt: Receipt) -> bool:
        """Say whether the receipt stands at this place under this root."""
        try:
            path, root = [bytes.fromhex(each) for each in self.path], bytes.fromhex(self.root)
        except ValueError:
            return False
        return is_included(leaf_hash(receipt.message()), self.index, self.count, path, root)


class ReceiptFile(msgspec.Struct, frozen=True, kw_only=True):
    """The file a candidate takes home."""

    receipt: Receipt
    public_key: str = ""
    proof: Proof | None = None


@dataclass(frozen=True)
class Checked:
    """What is known of a receipt: whether we signed it, and where it stands under the root, if it does."""

    receipt: Receipt
    is_genuine: bool
    proof: Proof | None


def publish_root(round_: Round, *, now: datetime) -> RoundRoot:
    """Publish the root over the receipts of a closed round, once; again it returns what was published.

    A sitting whose journal was altered has no receipt any more, so it has no leaf either.
    """
    existing = RoundRoot.objects.filter(round=round_).first()
    if existing is not None:
        return existing
    rows = Result.objects.filter(sitting__placement__round=round_).order_by("sitting_id")
    keys, leaves = array("q"), bytearray()
    for sitting, leaf in rows.values_list("sitting_id", "receipt_leaf").iterator(chunk_size=10_000):
        keys.append(sitting)
        leaves += leaf
    root = RoundRoot(
        round=round_, count=len(keys), sittings=keys.tobytes(), leaves=bytes(leaves), published_at=now
    )
    root.root = root_of(root.leaf_hashes()).hex()
    try:
        with transaction.atomic():
            root.save(force_insert=True)
            audit.record(None, "results.root_published", round_, root=root.root, count=root.count)
    except IntegrityError:
        return RoundRoot.objects.get(round=round_)
    return root


def proof_for(root: RoundRoot, sitting: int) -> Proof | None:
    """Return the proof of a sitting's receipt, None where the sitting has no leaf under the root."""
    tree = _tree(root.pk, root.root)
    index = bisect_left(tree.keys, sitting)
    if index == len(tree.keys) or tree.keys[index] != sitting:
        return None
    path = proof(tree.levels, index)
    return Proof(
        round=root.pk, root=root.root, count=root.count, index=index, path=[each.hex() for each in path]
    )


@dataclass(frozen=True)
class _Tree:
    """The sittings of a root, ascending, and the tree over their leaves."""

    keys: "array[int]"
    levels: list[list[bytes]]


@lru_cache(maxsize=4)
def _tree(round_: int, root: str) -> _Tree:  # noqa: ARG001 — a root is never changed
    found = RoundRoot.objects.get(pk=round_)
    return _Tree(found.sitting_keys(), levels(found.leaf_hashes()))


def read_file(data: bytes) -> ReceiptFile:
    """Return a downloaded file; a receipt alone will do. Raises NotAReceipt."""
    if len(data) > MAX_RECEIPT:
        raise NotAReceipt
    try:
        return msgspec.json.decode(data, type=ReceiptFile)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return ReceiptFile(receipt=msgspec.json.decode(data, type=Receipt))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotAReceipt from error


def receipt_file(candidate: Candidate) -> bytes | None:
    """Return the candidate's receipt as a file, with its proof once the root is published; None while open.

    Raises ChainBroken.
    """
    placement = Placement.objects.select_related("sitting__form").filter(candidate=candidate).first()
    taken = seat.receipt(placement.sitting) if placement is not None else None
    if taken is None:
        return None
    root = RoundRoot.objects.light().filter(round=candidate.round_id).first()
    found = proof_for(root, taken.sitting) if root is not None else None
    file = ReceiptFile(receipt=taken, public_key=receipt_public_key(), proof=found)
    return msgspec.json.format(msgspec.json.encode(file), indent=1)


def check(root: RoundRoot, receipt: Receipt) -> Checked:
    """Check a receipt's signature, and whether exactly this receipt is under the root."""
    found = proof_for(root, receipt.sitting)
    is_there = found is not None and found.holds_for(receipt)
    return Checked(receipt, is_genuine(receipt), found if is_there else None)
