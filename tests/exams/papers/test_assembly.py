"""What holds for every draw, whatever the pool, the rules and the seed."""

import json
from collections import Counter

import msgspec
import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from exams.papers.assembly import (
    Draw,
    DrawRule,
    Layout,
    NotEnoughItems,
    Paper,
    PaperFigure,
    PaperItem,
    PaperSection,
    Parallel,
    PoolItem,
    Position,
    Section,
    Wording,
    assemble,
    digest,
    lay_out,
    render,
    shortages,
)

DIFFICULTIES = ["easy", "medium", "hard"]


def pool_items() -> st.SearchStrategy[list[PoolItem]]:
    item = st.tuples(st.integers(1, 3), st.sampled_from(DIFFICULTIES), st.integers(2, 5))
    return st.lists(item, max_size=40).map(
        lambda rows: [PoolItem(version, *row) for version, row in enumerate(rows, start=1)]
    )


draw_rules = st.lists(
    st.builds(
        DrawRule,
        st.integers(1, 3),
        st.sampled_from([*DIFFICULTIES, ""]),
        st.integers(0, 6),
    ),
    max_size=8,
)


@given(pool_items(), draw_rules, st.text(max_size=10), st.booleans(), st.booleans())
def test_a_draw_meets_every_rule_or_says_which_it_cannot(pool, rules, seed, shuffle_items, shuffle_options):
    draw = {"seed": seed, "shuffle_items": shuffle_items, "shuffle_options": shuffle_options}
    if short := shortages(pool, rules):
        with pytest.raises(NotEnoughItems) as caught:
            assemble(pool, rules, **draw)
        assert caught.value.shortages == short
        return

    positions = assemble(pool, rules, **draw).positions

    by_version = {item.version: item for item in pool}
    versions = [position.version for position in positions]
    assert len(set(versions)) == len(versions) == sum(rule.count for rule in rules)
    drawn = Counter((by_version[v].topic, by_version[v].difficulty) for v in versions)
    for topic in {rule.topic for rule in rules}:
        of_topic = [rule for rule in rules if rule.topic == topic]
        assert sum(n for cell, n in drawn.items() if cell[0] == topic) == sum(r.count for r in of_topic)
        for difficulty in DIFFICULTIES:
            asked = sum(r.count for r in of_topic if r.difficulty == difficulty)
            assert drawn[topic, difficulty] >= asked
    for position in positions:
        assert sorted(position.order) == list(range(by_version[position.version].options))


@given(pool_items(), draw_rules, st.text(max_size=10))
def test_a_shortage_is_reported_exactly_when_the_counts_cannot_be_met(pool, rules, seed):
    cells = Counter((item.topic, item.difficulty) for item in pool)
    can_meet = True
    for topic in {rule.topic for rule in rules}:
        asked: Counter[str] = Counter()
        for rule in rules:
            if rule.topic == topic:
                asked[rule.difficulty] += rule.count
        can_meet &= all(asked[difficulty] <= cells[topic, difficulty] for difficulty in DIFFICULTIES)
        can_meet &= asked.total() <= sum(cells[topic, difficulty] for difficulty in DIFFICULTIES)
    assert can_meet == (not shortages(pool, rules))


@given(pool_items(), st.randoms(use_true_random=False))
def test_the_order_in_which_the_pool_is_read_changes_nothing_in_a_shuffled_paper(pool, random):
    rules = [DrawRule(item.topic, "", 1) for item in pool[:1]]
    other = list(pool)
    random.shuffle(other)
    drawn = [
        assemble(read, rules, seed="s", shuffle_items=True, shuffle_options=True) for read in (pool, other)
    ]
    assert drawn[0] == drawn[1]


def test_a_rule_for_any_difficulty_leaves_what_the_others_need():
    pool = [PoolItem(1, 1, "easy", 4), PoolItem(2, 1, "hard", 4)]
    rules = [DrawRule(1, "", 1), DrawRule(1, "easy", 1)]
    for seed in "abcdefgh":
        positions = assemble(pool, rules, seed=seed, shuffle_items=False, shuffle_options=False).positions
        assert [position.version for position in positions] == [2, 1]


def test_the_draw_of_a_seed_never_changes():
    """A change of these figures would mean that the forms of past years can no longer be rebuilt."""
    pool = [PoolItem(v, 1 + v % 2, DIFFICULTIES[v % 3], 4) for v in range(1, 31)]
    rules = [DrawRule(1, "easy", 2), DrawRule(2, "", 3)]
    layout = assemble(pool, rules, seed="ก", shuffle_items=True, shuffle_options=True)
    assert layout.positions == [
        Position(24, [1, 0, 2, 3]),
        Position(30, [0, 2, 3, 1]),
        Position(15, [1, 3, 2, 0]),
        Position(13, [1, 2, 0, 3]),
        Position(25, [0, 3, 1, 2]),
    ]


def test_unshuffled_items_and_options_keep_the_order_of_rules_and_pool():
    pool = [PoolItem(v, v % 2, "easy", 3) for v in range(1, 9)]
    rules = [DrawRule(1, "easy", 4), DrawRule(0, "easy", 4)]
    layout = assemble(pool, rules, seed="s", shuffle_items=False, shuffle_options=False)
    assert [position.version for position in layout.positions] == [1, 3, 5, 7, 2, 4, 6, 8]
    assert {tuple(position.order) for position in layout.positions} == {(0, 1, 2)}


def test_every_item_and_every_option_order_has_the_same_chance():
    pool = [PoolItem(v, 1, DIFFICULTIES[v % 3], 3) for v in range(1, 10)]
    rules = [DrawRule(1, "easy", 1), DrawRule(1, "", 2)]
    drawn: Counter[int] = Counter()
    orders: Counter[tuple[int, ...]] = Counter()
    first: Counter[int] = Counter()
    for seed in range(3000):
        positions = assemble(pool, rules, seed=str(seed), shuffle_items=True, shuffle_options=True).positions
        drawn.update(position.version for position in positions)
        orders.update(tuple(position.order) for position in positions)
        first[positions[0].version % 3] += 1
    easy = [drawn[v] for v in (3, 6, 9)]
    others = [drawn[v] for v in (1, 2, 4, 5, 7, 8)]
    # An easy item is drawn with 1/3 + 2/3 * 2/8 = 1/2, each other one with 2/8; five standard deviations.
    assert all(abs(n - 1500) < 140 for n in easy)
    assert all(abs(n - 750) < 120 for n in others)
    assert len(orders) == 6
    assert all(abs(n - 1500) < 180 for n in orders.values())


def test_a_paper_shows_options_in_the_order_of_the_layout():
    layout = assemble(
        [PoolItem(7, 1, "easy", 2)],
        [DrawRule(1, "", 1)],
        seed="s",
        shuffle_items=True,
        shuffle_options=False,
    )
    paper = render("ชุด", layout, {7: Wording("คำถาม", ["ก", "ข"])})
    assert paper == Paper("ชุด", [PaperItem(1, "คำถาม", ["ก", "ข"])])
    turned = render("ชุด", Layout([Position(7, [1, 0])]), {7: Wording("คำถาม", ["ก", "ข"])})
    assert turned.items[0].options == ["ข", "ก"]
    assert digest(turned) != digest(paper)


@given(pool_items(), st.lists(draw_rules, min_size=1, max_size=3), st.text(max_size=10), st.booleans())
def test_each_section_gets_what_its_own_rules_ask_for(pool, parts, seed, shuffle):
    sections = [Section(f"ส่วนที่ {n}", rules) for n, rules in enumerate(parts)]
    draw = Draw(sections=sections, shuffle_items=shuffle, shuffle_options=shuffle)
    if shortages(pool, draw.all_rules):
        return
    positions = lay_out(pool, draw, seed=seed).positions
    assert len({position.version for position in positions}) == len(positions)
    paper = render(
        "ชุด", Layout(positions), {item.version: Wording("", [""] * item.options) for item in pool}, draw.parts
    )
    by_version = {item.version: item for item in pool}
    for section, rules in zip(paper.sections, parts, strict=True):
        drawn = [by_version[p.version] for p in positions[section.first - 1 :][: section.count]]
        assert len(drawn) == section.count == sum(rule.count for rule in rules)
        for cell in {(rule.topic, rule.difficulty) for rule in rules}:
            asked = sum(rule.count for rule in rules if (rule.topic, rule.difficulty) == cell)
            assert sum(item.topic == cell[0] and cell[1] in {"", item.difficulty} for item in drawn) >= asked
    assert sum(section.count for section in paper.sections) == len(paper.items)


@given(pool_items(), draw_rules, st.text(max_size=10), st.booleans(), st.booleans())
def test_one_section_draws_what_its_rules_alone_would(pool, rules, seed, shuffle_items, shuffle_options):
    if shortages(pool, rules):
        return
    shuffled = {"shuffle_items": shuffle_items, "shuffle_options": shuffle_options}
    section = Draw(sections=[Section("วิชาเดียว", rules)], **shuffled)
    assert assemble(pool, rules, seed=seed, **shuffled) == lay_out(pool, section, seed=seed)


def test_sections_that_ask_for_one_topic_share_it_by_chance():
    pool = [PoolItem(v, 1, "easy", 4) for v in range(1, 5)]
    sections = [Section(title, [DrawRule(1, "", 2)]) for title in "กข"]
    draw = Draw(sections=sections, shuffle_items=False, shuffle_options=False)
    first: Counter[int] = Counter()
    for seed in range(600):
        first.update(position.version for position in lay_out(pool, draw, seed=str(seed)).positions[:2])
    # Each is in the first section half the time; five standard deviations.
    assert all(abs(count - 300) < 62 for count in first.values())


def test_parallel_forms_of_the_same_items_differ_only_in_order():
    pool = [PoolItem(v, 1, "easy", 4) for v in range(1, 41)]
    layouts = []
    for index in range(6):
        place = Parallel("2570-1", index, same_items=True)
        rules = [DrawRule(1, "", 10)]
        draw = Draw(rules=rules, shuffle_items=True, shuffle_options=True, parallel=place)
        layouts.append(lay_out(pool, draw, seed=place.form_seed))
    assert len({frozenset(p.version for p in layout.positions) for layout in layouts}) == 1
    assert len({tuple(p.version for p in layout.positions) for layout in layouts}) == 6


def test_the_seeds_of_a_rounds_forms_never_change():
    assert Parallel("2570-1", 0, same_items=False).form_seed == "6d0e097bab8bbe6bf494af788261e1b7"
    assert Parallel("2570-1", 23, same_items=False).form_seed == "b517fe2ec83005b586e5112da675ef8a"


def test_an_item_shows_its_figure_where_it_has_one():
    figure = PaperFigure("0" * 64, "กราฟแท่ง", 40, 30)
    layout = Layout([Position(1, [0]), Position(2, [0])])
    paper = render("ชุด", layout, {1: Wording("ก", ["x"], figure), 2: Wording("ข", ["x"])})
    assert [item.figure for item in paper.items] == [figure, None]
    assert paper.figure_names == {"0" * 64}
    assert "figure" not in msgspec.to_builtins(paper)["items"][1]


def test_a_paper_is_named_by_its_canonical_json():
    paper = Paper("ชุด", [PaperItem(1, "คำถาม", ["ก", "ข"])])
    canonical = '{"items":[{"n":1,"options":["ก","ข"],"stem":"คำถาม"}],"title":"ชุด"}'
    assert json.loads(canonical) == msgspec.to_builtins(paper)
    assert digest(Paper(paper.title, paper.items, [PaperSection("ก", 1, 1)])) != digest(paper)
    assert digest(paper) == "9d51b7b2552ba2a5866a4fa41b9a59680ee5e77260f7274fa010ad75ea825f31"


def test_a_shortage_says_in_thai_what_is_missing():
    with translation.override("th"), pytest.raises(NotEnoughItems) as caught:
        assemble([], [DrawRule(4, "hard", 2)], seed="s", shuffle_items=True, shuffle_options=True)
    assert str(caught.value) == ("คลังข้อสอบมีข้อสอบที่อนุมัติแล้วไม่พอ “#4” ระดับhard ต้องการ 2 ข้อ มี 0 ข้อ")
