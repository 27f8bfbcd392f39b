"""Every item on quantity is computed again from the numbers of its question; one option says the result."""

from collections.abc import Callable, Iterable
from fractions import Fraction
from itertools import combinations, pairwise, product
from math import comb, lcm
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring

from exams.bank.loading import figure_file
from tests.exams.bank.ka_analytic import BANK, BY_CODE, Answer, keys_of, numbers, only

Terms = tuple[Fraction, ...]


def grown(seeds: int, rule: Callable[[Terms], Fraction]) -> Callable[..., Fraction]:
    """Return the proof of a series: from its seeds the rule makes all that is shown, and the next term."""

    def proof(*terms: Fraction) -> Fraction:
        for shown in range(seeds, len(terms)):
            assert rule(terms[:shown]) == terms[shown]
        return rule(terms)

    return proof


def fractions_in_step(*terms: Fraction) -> Answer:
    """Return the next fraction where numerators go up by 2 and denominators by 3."""
    step = grown(2, lambda t: t[-2] + 2 + len(t) % 2)
    numerator = step(*terms)
    return numerator, step(*terms, numerator)


def sums_of_squares(*terms: Fraction) -> Fraction:
    *shown, left, right = terms
    assert all(a**2 + b**2 == c for a, b, c in zip(*[iter(shown)] * 3, strict=True))
    return left**2 + right**2


def in_pairs(values: Terms) -> list[tuple[Fraction, Fraction]]:
    return list(zip(values[::2], values[1::2], strict=True))


def fastest_growth(*amounts: Fraction) -> str:
    growth = [after / before for before, after in in_pairs(amounts)]
    assert growth.count(max(growth)) == 1
    return f"หน่วยงาน {'กขคง'[growth.index(max(growth))]}"


def spread_of_rates(*counts: Fraction) -> Fraction:
    rates = [100 * passed / sat for sat, passed in in_pairs(counts)]
    return max(rates) - min(rates)


def waste_saved(*districts: Fraction) -> Fraction:
    per_head = sorted((tons / people, people) for people, tons in in_pairs(districts))
    return (per_head[-1][0] - per_head[0][0]) * per_head[-1][1]


def four_years(first: Fraction, more: Fraction, less: Fraction) -> Fraction:
    second = first * (100 + more) / 100
    three = first + second + second * (100 - less) / 100
    return three + three / 3


def caught_up(start: Fraction, speed: Fraction, later: Fraction, faster: Fraction) -> Fraction:
    """Return the time of day, written 12.30, at which the later and faster one has come as far."""
    gap = minutes(later) - minutes(start)
    arrival = minutes(later) + only(m for m in range(1000) if faster * m == speed * (m + gap))
    return arrival // 60 + Fraction(arrival % 60, 100)


def minutes(clock: Fraction) -> int:
    return int(clock) * 60 + int(clock % 1 * 100)


def largest_of_five(mean: Fraction, median: Fraction) -> int:
    total = int(mean * 5)
    return max(
        total - sum(four)
        for four in combinations(range(1, total), 4)
        if four[2] == median and sum(four) + four[3] < total
    )


def same_colour(green: Fraction, white: Fraction, drawn: Fraction) -> Answer:
    cards = ["g"] * int(green) + ["w"] * int(white)
    hands = list(combinations(cards, int(drawn)))
    chance = Fraction(sum(len(set(hand)) == 1 for hand in hands), len(hands))
    return chance.numerator, chance.denominator


# The arguments are the numbers of the stem, in the order in which they stand there.
PROOFS: dict[str, Callable[..., Answer]] = {
    "KAA-Q-001": grown(2, lambda t: 2 * t[-1] - t[-2] + 2),
    "KAA-Q-002": grown(1, lambda t: 2 * t[-1] + 1),
    "KAA-Q-003": grown(2, lambda t: t[-2] - 4 if len(t) % 2 else t[-2] + 3),
    "KAA-Q-004": grown(1, lambda t: t[-1] * (len(t) + 1)),
    "KAA-Q-005": grown(1, lambda t: t[-1] / 3 if len(t) % 2 else t[-1] * 2),
    "KAA-Q-006": grown(2, lambda t: t[-1] + t[-2] + 1),
    "KAA-Q-007": grown(1, lambda t: t[-1] + len(t) ** 2),
    "KAA-Q-008": fractions_in_step,
    "KAA-Q-009": sums_of_squares,
    "KAA-Q-010": lambda staff, trained: staff * (100 - trained) / 100,
    "KAA-Q-011": lambda first, more, less: first * (100 + more) / 100 * (100 - less) / 100,
    "KAA-Q-012": lambda off, price: only(p for p in range(1, 50_000) if p * (100 - off) == price * 100),
    "KAA-Q-013": lambda staff, had, want: only(
        new for new in range(1000) if (staff * had / 100 + new) * 100 == want * (staff + new)
    ),
    "KAA-Q-014": lambda tax, total: only(
        total - net for net in range(1, 60_000) if net * (100 + tax) == total * 100
    ),
    "KAA-Q-015": lambda _applied, fit, came, passed: fit * came * passed / 10_000,
    "KAA-Q-016": lambda money, *parts: money * max(parts) / sum(parts),
    "KAA-Q-017": lambda office, field, moved: only(
        k * (office + field) for k in range(1, 1000) if k * office - moved == k * field + moved
    ),
    "KAA-Q-018": lambda big, middle, middle_again, small, asked: (
        asked * (middle / big) * (small / middle_again)
    ),
    "KAA-Q-019": lambda one, scale, measured: measured * scale / one / 100 / 1000,
    "KAA-Q-020": lambda strong, litres, weak: only(
        w for w in range(1000) if strong * litres == weak * (litres + w)
    ),
    "KAA-Q-021": lambda people, days, others: people * days / others,
    "KAA-Q-022": lambda a, b: 1 / (1 / a + 1 / b),
    "KAA-Q-023": lambda a, b, alone: only(d for d in range(100) if (alone + d) / a + d / b == 1),
    "KAA-Q-024": lambda fill, leak: 1 / (1 / fill - 1 / leak),
    "KAA-Q-025": lambda people, days, done, left: done + people * (days - done) / left,
    "KAA-Q-026": lambda money, rate, years: money * rate / 100 * years,
    "KAA-Q-027": lambda money, rate, years: money * (1 + rate / 100) ** int(years),
    "KAA-Q-028": lambda money, low, high, years, interest: only(
        x for x in range(int(money)) if (money - x) * low + x * high == interest * 100 * years
    ),
    "KAA-Q-029": lambda a, b, c, d, mean: 5 * mean - (a + b + c + d),
    "KAA-Q-030": lambda n, a, m, b: (n * a + m * b) / (n + m),
    "KAA-Q-031": lambda count, mean, true, wrong: (count * mean - wrong + true) / count,
    "KAA-Q-032": largest_of_five,
    "KAA-Q-033": lambda speed, way: divmod(way * 60 / speed, 60),
    "KAA-Q-034": lambda out, back: 2 / (1 / out + 1 / back),
    "KAA-Q-035": caught_up,
    "KAA-Q-036": lambda train, bridge, seconds: (train + bridge) / seconds * 3600 / 1000,
    "KAA-Q-037": lambda *months: months[-1] - sum(months) / 4,
    "KAA-Q-038": fastest_growth,
    "KAA-Q-039": spread_of_rates,
    "KAA-Q-040": four_years,
    "KAA-Q-041": lambda total, staff, _running, investment: total * (staff - investment) / 100,
    "KAA-Q-042": waste_saved,
    "KAA-Q-043": lambda all_, a, b, neither: only(
        both for both in range(100) if a + b - both + neither == all_ and both <= min(a, b)
    ),
    "KAA-Q-051": lambda times, years, later: only(
        x for x in range(1000) if times * x + years == later * (x + years)
    ),
    "KAA-Q-052": lambda plain, urgent, count, money: only(
        u for u in range(int(count) + 1) if plain * (count - u) + urgent * u == money
    ),
    "KAA-Q-053": lambda total, more: only(
        n for n in range(10, 100) if n // 10 + n % 10 == total and n % 10 * 10 + n // 10 == n + more
    ),
    "KAA-Q-054": lambda start, a, b, c: start + Fraction(lcm(int(a), int(b), int(c)), 60),
    "KAA-Q-055": lambda chosen, people: comb(int(people), int(chosen)),
    "KAA-Q-056": same_colour,
    "KAA-Q-057": lambda length, gap: 2 * len(range(0, int(length) + 1, int(gap))),
}

# Charts: what the picture shows, as its words say it, and then the numbers of the question.
CHARTS: dict[str, Callable[..., Answer]] = {
    "KAA-Q-058": lambda *trainees: 100 * max(trainees) / sum(trainees),
    "KAA-Q-059": lambda *done: ("กุมภาพันธ์", "มีนาคม", "เมษายน", "พฤษภาคม")[
        only(i for i in range(4) if done[i + 1] / done[i] == max(b / a for a, b in pairwise(done)))
    ],
    "KAA-Q-060": lambda *years: 100 * sum(years[2::3]) / sum(years[1::3]),
    "KAA-Q-061": lambda staff, _running, building, _rest, total: (staff - building) * total / 100,
}

# Data sufficiency: every case there could be, the two facts, and what is asked.
Fact = Callable[..., object]
SUFFICIENCY: dict[str, tuple[Iterable[tuple[int, ...]], Fact, Fact, Fact]] = {
    "KAA-Q-044": (
        product(range(1, 201), range(201)),
        lambda total, some: some == 24 <= total,
        lambda total, some: some * 100 == total * 60,
        lambda total, _some: total,
    ),
    "KAA-Q-045": (product(range(1, 101)), lambda x: x**2 == 49, lambda x: x % 3 == 1, lambda x: x),
    "KAA-Q-046": (
        product(range(-12, 13), repeat=2),
        lambda a, b: a + 3 > b,
        lambda a, b: a - 2 > b,
        lambda a, b: a > b,
    ),
    "KAA-Q-047": (
        product(range(1, 101), repeat=2),
        lambda pen, book: 2 * pen + 3 * book == 85,
        lambda pen, book: 4 * pen + 6 * book == 170,
        lambda pen, _book: pen,
    ),
    "KAA-Q-048": (
        product(range(1, 49), repeat=2),
        lambda wide, long: long == 2 * wide,
        lambda wide, long: 2 * (wide + long) == 48,
        lambda wide, long: wide * long,
    ),
    "KAA-Q-049": (
        product(range(-10, 50), repeat=3),
        lambda a, b, c: (a + b) + (b + c) + (c + a) == 3 * 30,
        lambda a, b, _c: (a, b) == (12, 15),
        lambda a, b, c: a + b + c,
    ),
    "KAA-Q-050": (
        product(range(1, 301)),
        lambda speed: speed * 30 == 36 * 60,
        lambda speed: speed * 10 == 12 * 60,
        lambda speed: speed,
    ),
}
# What an option claims: the facts, of (ก) alone, (ข) alone and both together, that leave one answer.
CLAIMS: dict[str, set[tuple[bool, bool, bool]]] = {
    "(ก) อย่างเดียวก็เพียงพอ": {(True, False, True), (True, True, True)},
    "(ข) อย่างเดียวก็เพียงพอ": {(False, True, True), (True, True, True)},
    "ต้องใช้ทั้ง (ก) และ (ข)": {(False, False, True)},
    "ใช้ทั้ง (ก) และ (ข) ก็ไม่พอ": {(False, False, False)},
    "(ก) หรือ (ข) อย่างใดอย่างหนึ่งก็พอ": {(True, True, True)},
    "(ก) พอ แต่ (ข) อย่างเดียวไม่พอ": {(True, False, True)},
    "(ข) พอ แต่ (ก) อย่างเดียวไม่พอ": {(False, True, True)},
    "ต้องใช้ทั้ง (ก) และ (ข) ร่วมกัน": {(False, False, True)},
}


def test_every_item_on_quantity_has_a_proof():
    assert PROOFS.keys() | CHARTS.keys() | SUFFICIENCY.keys() == {
        code for code, item in BY_CODE.items() if item.topic == "quantity"
    }


@pytest.mark.parametrize("code", PROOFS)
def test_the_key_is_what_the_numbers_of_the_question_give(code):
    item = BY_CODE[code]
    assert keys_of(item, PROOFS[code](*numbers(item.stem))) == [item.key]


@pytest.mark.parametrize("code", CHARTS)
def test_the_key_is_what_the_chart_gives(code):
    item = BY_CODE[code]
    shown = numbers(item.figure_alt)
    assert keys_of(item, CHARTS[code](*shown, *numbers(item.stem))) == [item.key]
    drawn = numbers(" ".join(fromstring(figure_file(BANK.code, item).read_text()).itertext()))
    assert sorted(drawn) == sorted(shown)


@pytest.mark.parametrize("code", SUFFICIENCY)
def test_the_key_says_which_facts_leave_one_answer(code):
    item = BY_CODE[code]
    cases, first, second, asked = SUFFICIENCY[code]
    known = list(cases)

    def suffice(*facts: Callable[..., Any]) -> bool:
        answers = {asked(*case) for case in known if all(fact(*case) for fact in facts)}
        assert answers
        return len(answers) == 1

    found = suffice(first), suffice(second), suffice(first, second)
    assert [index for index, option in enumerate(item.options) if found in CLAIMS[option]] == [item.key]
