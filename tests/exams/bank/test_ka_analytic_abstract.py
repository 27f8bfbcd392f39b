"""Every item on abstract reasoning is solved over all its cases; one option is right, and it is the key.

A puzzle is the list of all worlds its conditions allow, and for each option what it claims about that list:
that something holds in every world, or in some, or that it cannot be told.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import combinations, permutations, product
from typing import Any

import pytest

from tests.exams.bank.ka_analytic import BY_CODE, Answer, keys_of, numbers, only

World = Any
Claim = Callable[[World], bool]
Verdict = Callable[[list[World]], bool]
Puzzle = tuple[list[World], dict[str, Verdict]]


# -- What an option may say about the worlds ----------------------------------------------------------
def must(claim: Claim) -> Verdict:
    return lambda worlds: all(claim(world) for world in worlds)


def may(claim: Claim) -> Verdict:
    return lambda worlds: any(claim(world) for world in worlds)


def need_not(claim: Claim) -> Verdict:
    return lambda worlds: not must(claim)(worlds)


def untold(claim: Claim) -> Verdict:
    return lambda worlds: may(claim)(worlds) and need_not(claim)(worlds)


def is_(value: object) -> Verdict:
    """Claim that what is asked for is this; the worlds of such a puzzle are the answers that are possible."""
    return must(lambda answer: answer == value)


def several(answers: list[World]) -> bool:
    return len(set(answers)) > 1


def equivalent(claim: Claim) -> Verdict:
    """Claim to be true in just those worlds (marked by their first part) where the given sentence is."""
    return must(lambda world: claim(world[1]) == world[0])


# -- Sentences about sets: a world is the set of the kinds of things that there are -------------------
Property = Callable[[tuple[bool, ...]], bool]


def prop(index: int) -> Property:
    return lambda thing: thing[index]


def non(a: Property) -> Property:
    return lambda thing: not a(thing)


def both(a: Property, b: Property) -> Property:
    return lambda thing: a(thing) and b(thing)


def every(a: Property, b: Property) -> Claim:
    return lambda world: all(b(thing) for thing in world if a(thing))


def some(a: Property, b: Property) -> Claim:
    return lambda world: any(a(thing) and b(thing) for thing in world)


def none(a: Property, b: Property) -> Claim:
    return every(a, non(b))


def settings(properties: int) -> Iterator[tuple[tuple[bool, ...], ...]]:
    kinds = list(product((False, True), repeat=properties))
    for size in range(1, len(kinds) + 1):
        yield from combinations(kinds, size)


A, B, C, D = (prop(index) for index in range(4))

# Premises and claims; a fourth set only where a sentence speaks of it.
SYLLOGISMS: dict[str, tuple[int, list[Claim], dict[str, Verdict]]] = {
    "KAA-A-001": (
        3,
        [every(A, B), every(B, C)],
        {
            "ข้าราชการทุกคนในกองแผนงานมีใบรับรอง": must(every(A, C)),
            "ผู้มีใบรับรองทุกคนเป็นข้าราชการในกองแผนงาน": must(every(C, A)),
            "ผู้ผ่านการอบรมทุกคนเป็นข้าราชการในกองแผนงาน": must(every(B, A)),
            "ข้าราชการบางคนในกองแผนงานไม่มีใบรับรอง": must(some(A, non(C))),
        },
    ),
    "KAA-A-002": (
        3,
        [every(A, B), some(C, A)],
        {
            "เอกสารบางฉบับของกองกฎหมายเก็บในตู้นิรภัย": must(some(C, B)),
            "เอกสารทุกฉบับของกองกฎหมายเก็บในตู้นิรภัย": must(every(C, B)),
            "เอกสารบางฉบับของกองกฎหมายไม่ได้เก็บในตู้นิรภัย": must(some(C, non(B))),
            "เอกสารทุกฉบับที่เก็บในตู้นิรภัยเป็นเอกสารลับ": must(every(B, A)),
        },
    ),
    "KAA-A-003": (
        3,
        [none(A, B), every(C, B)],
        {
            "ไม่มีกรรมการคนใดถูกพักงาน": must(none(C, A)),
            "ผู้ได้รับเงินรางวัลทุกคนเป็นกรรมการ": must(every(B, C)),
            "ผู้ที่ไม่ได้ถูกพักงานทุกคนได้รับเงินรางวัล": must(every(non(A), B)),
            "ผู้ที่ไม่ได้เป็นกรรมการทุกคนถูกพักงาน": must(every(non(C), A)),
        },
    ),
    "KAA-A-004": (
        3,
        [some(A, B), none(B, C)],
        {
            "อาสาสมัครบางคนไม่ได้พักในหอพักกลาง": must(some(A, non(C))),
            "อาสาสมัครบางคนพักในหอพักกลาง": must(some(A, C)),
            "ไม่มีอาสาสมัครคนใดพักในหอพักกลาง": must(none(A, C)),
            "ผู้พักในหอพักกลางบางคนไม่ใช่อาสาสมัคร": must(some(C, non(A))),
        },
    ),
    "KAA-A-005": (
        4,
        [every(A, B), every(B, C), some(C, D)],
        {
            "รถของสำนักงานบางคันเป็นรถตู้": need_not(some(A, D)),
            "รถตู้บางคันมีสมุดบันทึก": need_not(some(D, C)),
            "รถของสำนักงานทุกคันมีสมุดบันทึก": need_not(every(A, C)),
            "รถที่ไม่มีสมุดบันทึกไม่ใช่รถของสำนักงาน": need_not(none(non(C), A)),
        },
    ),
    # The third property singles Wanna out.
    "KAA-A-006": (
        3,
        [every(A, B), some(C, B), lambda world: sum(map(C, world)) == 1],
        {
            "ยังสรุปไม่ได้ว่าวรรณาส่งงานตรงเวลาหรือไม่": untold(some(C, A)),
            "สรุปได้แน่นอนว่าวรรณาส่งงานตรงเวลา": must(some(C, A)),
            "สรุปได้แน่นอนว่าวรรณาส่งงานไม่ตรงเวลา": must(none(C, A)),
            "สรุปได้แน่นอนว่ามีเพียงวรรณาที่ส่งงานตรงเวลา": must(
                lambda world: some(C, A)(world) and every(A, C)(world)
            ),
        },
    ),
    "KAA-A-013": (
        2,
        [every(A, B), some(B, non(A))],
        {
            "ผู้ไม่มีใบรับรองทุกคนไม่ได้เลื่อนระดับ": must(none(non(B), A)),
            "ผู้มีใบรับรองทุกคนได้เลื่อนระดับ": must(every(B, A)),
            "ผู้ไม่ได้เลื่อนระดับทุกคนไม่มีใบรับรอง": must(every(non(A), non(B))),
            "ผู้ได้เลื่อนระดับบางคนไม่มีใบรับรอง": must(some(A, non(B))),
        },
    ),
}

# -- Sentences that are true or false: a world says which -------------------------------------------
TRUTHS = [False, True]


def implies(a: bool, b: bool) -> bool:
    return b or not a


# (awarded, score) of office ก, whose score is 78, and of one other.
SCORES = [
    (a, x, b, y)
    for a, x, b, y in product(TRUTHS, [78], TRUTHS, range(70, 90))
    if implies(a, x > 80) and implies(b, y > 80)
]
# The system is down; requests come on paper; somebody comes.
PAPERLESS = [
    (down, paper, asked)
    for down, paper, asked in product(TRUTHS, repeat=3)
    if implies(down, paper) and not paper
]
# More money; more staff; open on Saturdays; a new branch.
SATURDAYS = [
    (money, staff, saturday, branch)
    for money, staff, saturday, branch in product(TRUTHS, repeat=4)
    if implies(money, staff) and implies(staff, saturday) and implies(branch, saturday) and not saturday
]
# "If the papers are not complete, it is not considered" and the pair (complete, considered).
COMPLETE = [(implies(not full, not seen), (full, seen)) for full, seen in product(TRUTHS, repeat=2)]
MEETING = [
    (a, b, c, d) for a, b, c, d in product(TRUTHS, repeat=4) if a == b and implies(b and c, not d) and a and d
]
# Not "everybody comes to work and hands the report in", over all staffs there could be.
STAFF = [(not every(lambda _one: True, both(A, B))(staff), staff) for staff in settings(2)]
STAMP = [box for box in ("แดง", "ขาว", "เขียว") if [box == "แดง", box != "ขาว", box != "แดง"].count(True) == 1]
SENDER = [who for who in "กขคง" if [who == "ข", who == "ง", who != "ค", who != "ง"].count(True) == 1]

# -- Orders and choices ------------------------------------------------------------------------------
QUEUE = [
    q
    for q in map("".join, permutations("กขคง"))
    if q[0] == "ง" and q.index("ก") < q.index("ข") < q.index("ค")
]


def beside(row: str, one: str, other: str) -> bool:
    return abs(row.index(one) - row.index(other)) == 1


CHAIRS = [
    row
    for row in map("".join, permutations("ABCDE"))
    if row[0] == "C" and row[4] == "E" and beside(row, "A", "B") and not beside(row, "D", "C")
]


def apart(table: str, one: str, other: str) -> int:
    """Return how many chairs lie between two at a round table of six, the shorter way, plus one."""
    steps = abs(table.index(one) - table.index(other))
    return min(steps, 6 - steps)


TABLE = [
    table
    for table in map("".join, permutations("กขคงจฉ"))
    if apart(table, "ก", "ง") == 3 and apart(table, "ข", "ก") == 1 and apart(table, "ค", "ข") == 3
]
DAYS = ["วันจันทร์", "วันอังคาร", "วันพุธ", "วันพฤหัสบดี", "วันศุกร์", "วันเสาร์", "วันอาทิตย์"]
# Finance, planning, law, personnel on the days 0 to 3.
ROOM = [
    (finance, plan, law, people)
    for finance, plan, law, people in permutations(range(4))
    if law == 2 and finance < plan < people
]
# Who (ก ข ค) checks papers (0), takes money (1), advises (2).
TASKS = [(a, b, c) for a, b, c in permutations(range(3)) if a != 1 and b not in {0, 1}]
# The floors of ก ข ค ง จ ฉ.
FLOORS = [
    (a, b, c, d, e, f)
    for a, b, c, d, e, f in permutations(range(1, 7))
    if c == 1 and a - b == 2 and abs(d - e) == 1 and f < a
]
COMMITTEES = [
    four
    for four in map("".join, combinations("กขคงจฉ", 4))
    if not {"ค", "ง"} <= set(four) and len({"จ", "ฉ"} & set(four)) == 1
]
RANKS = [
    rank
    for rank in map("".join, permutations("ABCDE"))
    if rank.index("A") < rank.index("B") < rank.index("C") < rank.index("D") < rank.index("E")
]
TALKS = [
    order
    for order in map(" ".join, permutations("PQRST"))
    if order.index("Q") - order.index("P") >= 4 and order[0] != "R" and "R S" in order
]

PUZZLES: dict[str, Puzzle] = {
    "KAA-A-007": (
        SCORES,
        {
            "สำนัก ก ไม่ได้รับรางวัล": must(lambda w: not w[0]),
            "สำนัก ก ได้คะแนนต่ำกว่าสำนักอื่นทุกแห่ง": must(lambda w: w[1] < w[3]),
            "หน่วยงานที่มีคะแนนเกิน 80 ทุกแห่งได้รับรางวัล": must(lambda w: implies(w[3] > 80, w[2])),
            "หน่วยงานที่ไม่ได้รับรางวัลทุกแห่งมีคะแนนไม่เกิน 80": must(lambda w: implies(not w[2], w[3] <= 80)),
        },
    ),
    "KAA-A-008": (
        PAPERLESS,
        {
            "วันนี้ระบบไม่ขัดข้อง": must(lambda w: not w[0]),
            "วันนี้ระบบขัดข้อง": must(lambda w: w[0]),
            "วันนี้ไม่มีผู้มายื่นคำขอ": must(lambda w: not w[2]),
            "วันนี้มีผู้มายื่นคำขอผ่านระบบ": must(lambda w: w[2]),
        },
    ),
    "KAA-A-009": (
        SATURDAYS,
        {
            "สำนักงานไม่ได้รับงบประมาณเพิ่มและไม่เปิดสาขาใหม่": must(lambda w: not w[0] and not w[3]),
            "สำนักงานได้รับงบประมาณเพิ่ม แต่ไม่จ้างเจ้าหน้าที่": must(lambda w: w[0] and not w[1]),
            "สำนักงานไม่ได้รับงบประมาณเพิ่ม แต่เปิดสาขาใหม่": must(lambda w: not w[0] and w[3]),
            "สำนักงานไม่จ้างเจ้าหน้าที่เพิ่ม แต่เปิดสาขาใหม่": must(lambda w: not w[1] and w[3]),
        },
    ),
    "KAA-A-010": (
        COMPLETE,
        {
            "ถ้าคำขอได้รับการพิจารณา แสดงว่าเอกสารครบ": equivalent(lambda w: implies(w[1], w[0])),
            "ถ้าเอกสารครบ คำขอจะได้รับการพิจารณา": equivalent(lambda w: implies(w[0], w[1])),
            "ถ้าคำขอไม่ได้รับการพิจารณา แสดงว่าเอกสารไม่ครบ": equivalent(lambda w: implies(not w[1], not w[0])),
            "คำขอจะไม่ได้รับการพิจารณาก็ต่อเมื่อเอกสารไม่ครบ": equivalent(lambda w: w[1] == w[0]),
        },
    ),
    "KAA-A-011": (
        MEETING,
        {
            "ข เข้าประชุม แต่ ค ไม่เข้า": must(lambda w: w[1] and not w[2]),
            "ค เข้าประชุม แต่ ข ไม่เข้า": must(lambda w: w[2] and not w[1]),
            "ข และ ค เข้าประชุมทั้งคู่": must(lambda w: w[1] and w[2]),
            "ข และ ค ไม่เข้าทั้งคู่": must(lambda w: not w[1] and not w[2]),
        },
    ),
    "KAA-A-012": (
        STAFF,
        {
            "เจ้าหน้าที่บางคนไม่มาทำงานหรือไม่ส่งรายงาน": equivalent(
                lambda staff: any(not A(one) or not B(one) for one in staff)
            ),
            "เจ้าหน้าที่บางคนไม่มาทำงานและไม่ส่งรายงาน": equivalent(some(non(A), non(B))),
            "เจ้าหน้าที่ทุกคนไม่มาทำงานหรือไม่ส่งรายงาน": equivalent(
                lambda staff: all(not A(one) or not B(one) for one in staff)
            ),
            "เจ้าหน้าที่ทุกคนไม่มาทำงานและไม่ส่งรายงาน": equivalent(
                lambda staff: not any(A(one) or B(one) for one in staff)
            ),
        },
    ),
    "KAA-A-014": (
        STAMP,
        {f"กล่อง{box}": is_(box) for box in ("แดง", "ขาว", "เขียว")} | {"ข้อมูลไม่พอที่จะระบุกล่อง": several},
    ),
    "KAA-A-015": (SENDER, {who: is_(who) for who in "กขคง"}),
    "KAA-A-030": ([queue[2] for queue in QUEUE], {who: is_(who) for who in "กขคง"}),
    "KAA-A-031": (
        [row[3] for row in CHAIRS],
        {who: is_(who) for who in "ABD"} | {"ระบุไม่ได้ว่าเป็นใคร": several},
    ),
    "KAA-A-032": (
        TABLE,
        {
            "จ นั่งตรงข้ามกับ ฉ": must(lambda w: apart(w, "จ", "ฉ") == 3),
            "ค นั่งติดกับ ก": must(lambda w: apart(w, "ค", "ก") == 1),
            "จ นั่งติดกับ ง": must(lambda w: apart(w, "จ", "ง") == 1),
            "ฉ นั่งระหว่าง ก กับ ค": must(lambda w: apart(w, "ฉ", "ก") == apart(w, "ฉ", "ค") == 1),
        },
    ),
    "KAA-A-033": ([DAYS[plan] for _, plan, _, _ in ROOM], {day: is_(day) for day in DAYS[:4]}),
    "KAA-A-034": (
        TASKS,
        {
            "ค ทำงานรับเงิน": must(lambda w: w[2] == 1),
            "ข ทำงานรับเงิน": must(lambda w: w[1] == 1),
            "ก ทำงานให้คำแนะนำ": must(lambda w: w[0] == 2),
            "ค ทำงานตรวจเอกสาร": must(lambda w: w[2] == 0),
        },
    ),
    "KAA-A-035": (
        FLOORS,
        {
            "ชั้นของ ฉ อยู่ระหว่างชั้นของ ข กับ ก": must(lambda w: w[1] < w[5] < w[0]),
            "ก อยู่ชั้น 6 ซึ่งเป็นชั้นบนสุด": must(lambda w: w[0] == 6),
            "ง อยู่ชั้นที่สูงกว่าชั้นของ จ": must(lambda w: w[3] > w[4]),
            "ข อยู่ชั้น 2 ถัดจากชั้นของ ค": must(lambda w: w[1] == 2),
        },
    ),
    "KAA-A-036": (
        COMMITTEES,
        {
            "ต้องเลือกทั้ง ก และ ข": must(lambda w: "ก" in w and "ข" in w),
            "ต้องเลือก ค แต่ไม่เลือก ง": must(lambda w: "ค" in w and "ง" not in w),
            "ถ้าเลือก จ ต้องเลือก ง ด้วย": must(lambda w: implies("จ" in w, "ง" in w)),
            "อาจเลือก ก โดยไม่เลือก ข": may(lambda w: "ก" in w and "ข" not in w),
        },
    ),
    "KAA-A-037": ([rank[2] for rank in RANKS], {who: is_(who) for who in "BCDE"}),
    "KAA-A-038": (
        TALKS,
        {order: may(order.__eq__) for order in ("P R S Q T", "P Q R S T", "R S P T Q", "T P S R Q")},
    ),
}


def second_weekday(first: dt.date, month: int, day: int) -> str:
    return DAYS[dt.date(first.year, month, day).weekday()]


def walked(north: int, east: int, south: int, west: int) -> str:
    up, right = north - south, east - west
    return f"ตะวัน{'ออก' if right > 0 else 'ตก'}เฉียง{'เหนือ' if up > 0 else 'ใต้'}"


def rounds(start: int, factor: int, less: int, limit: int) -> int:
    count = 0
    while start <= limit:
        start, count = start * factor - less, count + 1
    return count


def squared(*terms: int) -> int:
    *shown, a, b = terms
    assert all(x * x + y == z for x, y, z in zip(*[iter(shown)] * 3, strict=True))
    return a * a + b


def coded(a: int, b: int, c: int, *rest: int) -> tuple[int, ...]:
    """Return the code of the last three; the shown ones fit one linear rule only."""
    shown, asked = rest[:3], rest[3:]
    k, d = only(
        (k, d) for k in range(-20, 21) for d in range(-50, 51) if (k * a + d, k * b + d, k * c + d) == shown
    )
    return tuple(k * x + d for x in asked)


def signed(a: int, b: int) -> int:
    return a - b if a > b else a + b


# The arguments are the numbers of the stem, in the order in which they stand there.
PROOFS: dict[str, Callable[..., Answer]] = {
    "KAA-A-024": lambda k, a, b, c: k * a + (k * b + c),
    "KAA-A-025": squared,
    "KAA-A-026": lambda a, b, c, d: signed(signed(a, b), signed(c, d)),
    "KAA-A-027": lambda y, value: only(x for x in range(-100, 101) if x * y - x - y == value),
    "KAA-A-028": coded,
    "KAA-A-029": lambda factor, less, limit, start: rounds(start, factor, less, limit),
    "KAA-A-039": lambda first, last, fixed: sum(
        days.index("ค") + first == fixed and days.index("ก") < days.index("ข")
        for days in permutations("กขคงจ", last - first + 1)
    ),
    "KAA-A-040": walked,
    "KAA-A-041": lambda day, later: only(
        second_weekday(first, 4, later)
        for first in (dt.date(year, 3, day) for year in range(1900, 2200))
        if DAYS[first.weekday()] == "วันพุธ"
    ),
}

# -- Conditions in symbols, read from the question itself -----------------------------------------
SIGNS: dict[str, Callable[[int, int], bool]] = {
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    "≥": lambda a, b: a >= b,
    "≤": lambda a, b: a <= b,
    "=": lambda a, b: a == b,
}
SYMBOLS = {code for code, item in BY_CODE.items() if "เงื่อนไข: " in item.stem}
LARGEST = 8


def value(text: str, of: dict[str, int]) -> int:
    return sum(int(times or 1) * of[letter] for times, letter in re.findall(r"(\d*)([A-Z])", text))


def holds(chain: str, of: dict[str, int]) -> bool:
    """Say whether a chain like ``A + B > 2C ≥ D`` is true for these numbers."""
    terms, signs = re.split(r"[><≥≤=]", chain), re.findall(r"[><≥≤=]", chain)
    values = [value(term, of) for term in terms]
    return all(SIGNS[sign](a, b) for sign, a, b in zip(signs, values, values[1:], strict=False))


def outcome(conclusion: str, worlds: Iterable[dict[str, int]]) -> str:
    found = {holds(conclusion, world) for world in worlds}
    return "ไม่แน่ชัด" if len(found) > 1 else "จริง" if found == {True} else "เท็จ"


# -- The tests --------------------------------------------------------------------------------------
def test_every_item_on_abstract_reasoning_has_a_proof():
    proved = [*SYLLOGISMS, *PUZZLES, *PROOFS, *SYMBOLS]
    assert sorted(proved) == sorted(code for code, item in BY_CODE.items() if item.topic == "abstract")


def right_ones(code: str, worlds: list[World], claims: dict[str, Verdict]) -> list[int]:
    item = BY_CODE[code]
    assert worlds, "the conditions contradict each other"
    assert claims.keys() == set(item.options)
    return [index for index, option in enumerate(item.options) if claims[option](worlds)]


@pytest.mark.parametrize("inhabited", [False, True], ids=["empty sets too", "no set is empty"])
@pytest.mark.parametrize("code", SYLLOGISMS)
def test_one_conclusion_follows_from_the_premises_however_all_is_read(code, inhabited):
    count, premises, claims = SYLLOGISMS[code]
    worlds = [
        world
        for world in settings(count)
        if all(premise(world) for premise in premises)
        and (not inhabited or all(any(map(prop(index), world)) for index in range(count)))
    ]
    assert right_ones(code, worlds, claims) == [BY_CODE[code].key]


@pytest.mark.parametrize("code", PUZZLES)
def test_one_option_holds_over_all_the_cases_of_the_puzzle(code):
    assert right_ones(code, *PUZZLES[code]) == [BY_CODE[code].key]


@pytest.mark.parametrize("code", PROOFS)
def test_the_key_is_what_the_numbers_of_the_question_give(code):
    item = BY_CODE[code]
    assert keys_of(item, PROOFS[code](*map(int, numbers(item.stem)))) == [item.key]


@pytest.mark.parametrize("code", sorted(SYMBOLS))
def test_the_two_conclusions_are_judged_over_all_small_numbers(code):
    item = BY_CODE[code]
    conditions = re.findall(r"^เงื่อนไข: (.+)$", item.stem, re.MULTILINE)
    first, second = re.findall(r"^ข้อสรุปที่ \d: (.+)$", item.stem, re.MULTILINE)
    letters = sorted(set(re.findall("[A-Z]", item.stem)))
    given = (
        dict(zip(letters, values, strict=True))
        for values in product(range(1, LARGEST + 1), repeat=len(letters))
    )
    worlds = [of for of in given if all(holds(chain, of) for chain in conditions)]
    one, two = outcome(first, worlds), outcome(second, worlds)
    assert worlds
    answer = f"{one}ทั้งสองข้อสรุป" if one == two else "ข้อสรุปทั้งสองให้ผลต่างกัน"
    assert keys_of(item, answer) == [item.key]
