import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exams.seat.chain import ChainBroken, Entry, fold, fold_packed, genesis, link
from exams.seat.models import CloseReason, EntryKind

FORM = "cd" * 32
changes = st.lists(
    st.tuples(st.integers(1, 5), st.integers(0, 4), st.booleans(), st.integers(0, 2**53)), max_size=30
)


def chained(entries, sitting=7):
    head, journal = genesis(sitting, FORM), []
    for entry in entries:
        head = link(head, sitting, entry)
        journal.append((entry, head))
    return journal


def answers(drawn):
    return [
        Entry(n, EntryKind.ANSWER, item, choice, flag, client_ms, server_ms=n)
        for n, (item, choice, flag, client_ms) in enumerate(drawn, start=1)
    ]


@given(changes)
def test_the_sheet_is_the_last_change_of_every_item(drawn):
    sheet = fold(7, FORM, chained(answers(drawn)))
    last = {item: (choice, flag) for item, choice, flag, _ in drawn}
    assert sheet.choices == {item: choice for item, (choice, _) in last.items() if choice}
    assert sheet.flags == {item for item, (_, flag) in last.items() if flag}
    assert sheet.count == len(drawn)


@given(changes.filter(bool), st.data())
def test_any_altered_field_breaks_the_chain(drawn, data):
    journal = chained(answers(drawn))
    place = data.draw(st.integers(0, len(journal) - 1))
    column = data.draw(st.sampled_from(["kind", "item", "choice", "client_ms", "server_ms"]))
    entry, digest = journal[place]
    journal[place] = (entry._replace(**{column: getattr(entry, column) + 1}), digest)
    with pytest.raises(ChainBroken) as broken:
        fold(7, FORM, journal)
    assert broken.value.seq == entry.seq


@given(changes.filter(lambda drawn: len(drawn) >= 2), st.data())
def test_a_removed_entry_breaks_the_chain(drawn, data):
    journal = chained(answers(drawn))
    del journal[data.draw(st.integers(0, len(journal) - 2))]
    with pytest.raises(ChainBroken):
        fold(7, FORM, journal)


def test_a_journal_is_not_another_sittings_nor_another_forms():
    journal = chained(answers([(1, 1, False, 5)]))
    with pytest.raises(ChainBroken):
        fold(8, FORM, journal)
    with pytest.raises(ChainBroken):
        fold(7, "ef" * 32, journal)


def test_the_head_of_an_empty_journal_names_sitting_and_form():
    assert fold(7, FORM, []).head == genesis(7, FORM) != genesis(8, FORM)


def test_opening_sets_the_generation_and_closing_says_how_and_when():
    sheet = fold(
        7,
        FORM,
        chained(
            [Entry(1, EntryKind.OPEN), Entry(2, EntryKind.OPEN), Entry(3, EntryKind.DEADLINE, server_ms=99)]
        ),
    )
    assert (sheet.generation, sheet.closed, sheet.closed_ms) == (2, CloseReason.DEADLINE, 99)


def packed(journal, sitting=7):
    """As PostgreSQL packs it; tests/exams/seat/test_journal.py compares with what it really does."""
    layout = struct.Struct(">qqhhh?qq32s")
    return b"".join(layout.pack(sitting, *entry, digest) for entry, digest in journal)


@given(changes)
def test_a_packed_journal_folds_to_the_same_sheet(drawn):
    journal = [*chained(answers(drawn))]
    assert fold_packed(7, FORM, packed(journal)) == fold(7, FORM, journal)


@given(changes.filter(bool), st.data())
def test_any_altered_byte_of_a_packed_journal_is_found(drawn, data):
    whole = bytearray(packed(chained(answers(drawn))))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ChainBroken):
        fold_packed(7, FORM, bytes(whole))


@given(changes.filter(bool), st.data())
def test_a_packed_journal_cut_short_anywhere_is_never_taken_for_more_than_its_beginning(drawn, data):
    journal = chained(answers(drawn))
    whole = packed(journal)
    size = data.draw(st.integers(0, len(whole) - 1))
    entries, rest = divmod(size, len(whole) // len(journal))
    if rest:
        with pytest.raises(ChainBroken):
            fold_packed(7, FORM, whole[:size])
    else:
        assert fold_packed(7, FORM, whole[:size]).count == entries


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_hash_of_another_length_breaks_the_chain(length):
    [(entry, digest)] = chained(answers([(1, 1, False, 5)]))
    with pytest.raises(ChainBroken):
        fold(7, FORM, [(entry, (digest + b"x")[:length])])
