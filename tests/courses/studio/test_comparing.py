"""What changed between two versions."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from courses.catalogue.services.versions import TopicPlan, UnitPlan
from courses.studio.comparing import Change, compare, is_same, lines

A, B, C = (UnitPlan("text", title, f"# {title}") for title in "กขค")
ONE = [TopicPlan("หนึ่ง", 30, units=(A, B)), TopicPlan("สอง", 20, units=(C,))]


def told(old: list[TopicPlan], new: list[TopicPlan]) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    return [
        (str(topic.change), [(unit.unit.title, str(unit.change), unit.is_moved) for unit in topic.units])
        for topic in compare(old, new)
    ]


def test_the_same_is_the_same():
    assert is_same(compare(ONE, ONE))


def test_a_unit_added_above_moves_nobody():
    new = [TopicPlan("หนึ่ง", 30, units=(UnitPlan("link", "ใหม่", address="https://a.example"), A, B)), ONE[1]]
    assert told(ONE, new) == [
        ("changed", [("ใหม่", "added", False), ("ก", "same", False), ("ข", "same", False)]),
        ("same", [("ค", "same", False)]),
    ]


def test_removed_units_stand_where_they_stood():
    assert told(ONE, [TopicPlan("หนึ่ง", 30, units=(B,)), ONE[1]])[0] == (
        "changed",
        [("ก", "removed", False), ("ข", "same", False)],
    )


def test_a_unit_moves_within_and_between_topics():
    assert told(ONE, [TopicPlan("หนึ่ง", 30, units=(B, A)), ONE[1]])[0][1] == [
        ("ข", "same", True),
        ("ก", "same", True),
    ]
    moved = told(ONE, [TopicPlan("หนึ่ง", 30, units=(A,)), TopicPlan("สอง", 20, units=(C, B))])
    assert ("ข", "same", True) in moved[1][1]


def test_a_unit_with_another_name_is_found_by_what_it_holds():
    new = [TopicPlan("หนึ่ง", 30, units=(replace(A, title="ชื่อใหม่"), B)), ONE[1]]
    (change, _same) = compare(ONE, new)[0].units
    assert (change.change, change.fields) == (Change.CHANGED, ("title",))
    assert change.old is A


def test_fields_and_lines_are_named():
    first = UnitPlan("text", "ก", "หนึ่ง\nสอง\nสาม")
    new = replace(first, body="หนึ่ง\nสองใหม่\nสาม", min_seconds=60)
    (topic,) = compare([TopicPlan("ก", 1, units=(first,))], [TopicPlan("ก", 2, units=(new,))])
    assert topic.fields == ("minutes",)
    (unit,) = topic.units
    assert unit.fields == ("body", "min_seconds")
    assert [(line.sign, line.text) for line in unit.body] == [
        (" ", "หนึ่ง"),
        ("-", "สอง"),
        ("+", "สองใหม่"),
        (" ", "สาม"),
    ]


def test_far_lines_are_left_out():
    old = "\n".join(str(n) for n in range(40))
    new = old.replace("\n3\n", "\nสาม\n").replace("\n30\n", "\nสามสิบ\n")
    signs = [line.sign for line in lines(old, new)]
    assert signs.count("…") == 1
    assert len(signs) < 15


def test_who_opens_a_unit_is_compared_by_its_name():
    old = [TopicPlan("ก", 1, units=(A, replace(B, opens_after=0)))]
    new = [TopicPlan("ก", 1, units=(C, A, replace(B, opens_after=1)))]
    assert all(change.change in {Change.SAME, Change.ADDED} for change in compare(old, new)[0].units)
    other = [TopicPlan("ก", 1, units=(A, C, replace(B, opens_after=1)))]
    assert any("opens_after" in change.fields for change in compare(old, other)[0].units)


def test_a_topic_that_is_gone_and_one_that_is_new():
    found = told(ONE, [ONE[1], TopicPlan("สาม", 5, units=(UnitPlan("pdf", "เอกสาร", file="a.pdf"),))])
    assert found[0] == ("same", [("ค", "same", False)])
    assert ("ก", "removed", False) in found[1][1] + [unit for topic in found[2:] for unit in topic[1]]


units = st.builds(
    UnitPlan,
    kind=st.sampled_from(["text", "link", "test"]),
    title=st.sampled_from(["ก", "ข", "ค", "ง"]),
    body=st.sampled_from(["", "x", "y"]),
)
topics = st.lists(
    st.builds(
        TopicPlan,
        name_th=st.sampled_from(["หนึ่ง", "สอง", "สาม"]),
        minutes=st.integers(1, 3),
        units=st.lists(units, max_size=4).map(tuple),
    ),
    max_size=4,
)


@given(topics, topics)
def test_nothing_is_lost_and_nothing_is_told_twice(old, new):
    changes = [unit for topic in compare(old, new) for unit in topic.units]
    before = [id(unit) for topic in old for unit in topic.units]
    after = [id(unit) for topic in new for unit in topic.units]
    assert sorted(id(each.new) for each in changes if each.new) == sorted(after)
    assert sorted(id(each.old) for each in changes if each.old) == sorted(before)


@given(topics)
def test_every_version_is_the_same_as_itself(version):
    assert is_same(compare(version, version))


def test_texts_of_nothing_but_lines_are_compared_as_a_whole():
    """Line by line two texts of the greatest length would take hours."""
    old, new = "ก\n" + "\n" * 90_000 + "ท้าย\n", "ก\n" + "x\n" * 90_000 + "ท้าย\n"
    signs = [line.sign for line in lines(old, new)]
    assert signs == [" ", *["-"] * 90_000, *["+"] * 90_000, " "]
    near = [(line.sign, line.text) for line in lines(old, old.replace("ท้าย", "จบ"))]
    assert near == [(" ", ""), (" ", ""), ("-", "ท้าย"), ("+", "จบ")]


@given(st.lists(st.sampled_from("กขค"), max_size=30), st.lists(st.sampled_from("กขค"), max_size=30))
def test_what_is_shown_of_two_texts_is_where_they_differ(old: list[str], new: list[str]):
    with_all = list(lines("\n".join(old), "\n".join(new), around=100))
    if old == new:
        assert with_all == []
    else:
        assert [line.text for line in with_all if line.sign != "+"] == old
        assert [line.text for line in with_all if line.sign != "-"] == new
