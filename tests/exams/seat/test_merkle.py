"""The tree of RFC 9162: checked against its recursive definition, and against those who would cheat."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exams.seat.merkle import is_included, leaf_hash, levels, node_hash, proof, root_of

messages = st.lists(st.binary(max_size=8), min_size=1, max_size=70)


def tree_head(leaves):
    """Section 2.1.1, as written there: split at the largest power of two smaller than n."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(tree_head(leaves[:split]), tree_head(leaves[split:]))


@given(messages)
def test_the_root_is_that_of_the_recursive_definition(drawn):
    leaves = [leaf_hash(message) for message in drawn]
    assert root_of(leaves) == tree_head(leaves)


@given(messages, st.data())
def test_every_leaf_is_proved_in_its_place(drawn, data):
    leaves = [leaf_hash(message) for message in drawn]
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = proof(levels(leaves), index)
    assert is_included(leaves[index], index, len(leaves), path, root_of(leaves))
    assert len(path) <= (len(leaves) - 1).bit_length()


@given(st.lists(st.binary(max_size=8), min_size=2, max_size=70, unique=True), st.data())
def test_a_leaf_is_proved_in_no_other_place(drawn, data):
    leaves = [leaf_hash(message) for message in drawn]
    index, other = data.draw(st.permutations(range(len(leaves))))[:2]
    tree, root = levels(leaves), root_of(leaves)
    assert not is_included(leaves[index], other, len(leaves), proof(tree, other), root)
    assert not is_included(leaves[other], index, len(leaves), proof(tree, index), root)


@given(messages, st.data())
def test_an_altered_path_proves_nothing(drawn, data):
    leaves = [leaf_hash(message) for message in drawn]
    index = data.draw(st.integers(0, len(leaves) - 1))
    path, root = proof(levels(leaves), index), root_of(leaves)
    if path:
        place = data.draw(st.integers(0, len(path) - 1))
        altered = [*path]
        altered[place] = bytes([altered[place][0] ^ 1]) + altered[place][1:]
        assert not is_included(leaves[index], index, len(leaves), altered, root)
        assert not is_included(leaves[index], index, len(leaves), path[:-1], root)
    assert not is_included(leaves[index], index, len(leaves), [*path, root], root)


@given(st.lists(st.binary(max_size=8), min_size=2, max_size=40, unique=True), st.data())
def test_two_leaves_swapped_give_another_root(drawn, data):
    leaves = [leaf_hash(message) for message in drawn]
    one, other = data.draw(st.permutations(range(len(leaves))))[:2]
    swapped = [*leaves]
    swapped[one], swapped[other] = swapped[other], swapped[one]
    assert root_of(swapped) != root_of(leaves)


def test_an_inner_node_cannot_be_shown_as_a_leaf():
    leaves = [leaf_hash(b"a"), leaf_hash(b"b")]
    assert leaf_hash(leaves[0] + leaves[1]) != root_of(leaves)


def test_hashes_are_those_of_the_rfc():
    assert root_of([]) == hashlib.sha256(b"").digest()
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


@pytest.mark.parametrize(("index", "count"), [(-1, 3), (3, 3), (0, 0)])
def test_a_place_that_the_tree_lacks_is_refused(index, count):
    leaf = leaf_hash(b"a")
    assert not is_included(leaf, index, count, [], leaf)
    with pytest.raises(IndexError):
        proof(levels([leaf]), 5)
