"""Whoever looks at a neighbour's screen sees another paper, in a room of any shape."""

from collections import Counter
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exams.papers.neighbours import are_neighbours, assign, clashes

# Any set of usable seats: aisles, pillars, broken machines, half-empty rooms.
rooms = st.sets(st.tuples(st.integers(-3, 12), st.integers(-3, 12)))
seeds = st.text(max_size=5)
ALL_AROUND = [place for place in product((-1, 0, 1), repeat=2) if place != (0, 0)]
BESIDE = [(0, 1), (0, -1), (1, 0), (-1, 0)]


def meets(assigned, around):
    return [
        (row, column)
        for (row, column), form in assigned.items()
        for down, right in around
        if assigned.get((row + down, column + right)) == form
    ]


@given(rooms, st.integers(4, 24), seeds)
def test_with_four_forms_or_more_all_eight_seats_around_have_another(seats, forms, seed):
    assigned = assign(seats, forms, seed=seed)
    assert set(assigned) == seats
    assert set(assigned.values()) <= set(range(forms))
    assert meets(assigned, ALL_AROUND) == []
    assert clashes(assigned) == []


@given(rooms, st.integers(2, 3), seeds)
def test_with_two_or_three_forms_the_seats_beside_before_and_behind_have_another(seats, forms, seed):
    assert meets(assign(seats, forms, seed=seed), BESIDE) == []


@given(rooms, seeds)
def test_with_one_form_everybody_has_it(seats, seed):
    assert set(assign(seats, 1, seed=seed).values()) <= {0}


@given(rooms, st.integers(1, 24), seeds, st.randoms(use_true_random=False))
def test_neither_the_order_of_the_seats_nor_the_other_seats_matter(seats, forms, seed, random):
    some = [seat for seat in seats if random.random() < 0.5]
    random.shuffle(some)
    assigned = assign(seats, forms, seed=seed)
    assert assign(some, forms, seed=seed) == {seat: assigned[seat] for seat in some}


@given(st.integers(1, 10), st.integers(1, 12), st.integers(1, 24), seeds)
def test_forms_are_dealt_evenly(rows, columns, forms, seed):
    dealt = Counter(assign(product(range(rows), range(columns)), forms, seed=seed).values())
    counts = [dealt[form] for form in range(forms)]
    assert max(counts) - min(counts) <= rows


@given(st.dictionaries(st.tuples(st.integers(0, 4), st.integers(0, 4)), st.integers(0, 3)))
def test_clashes_are_the_pairs_that_a_search_finds(assigned):
    found = clashes(assigned)
    assert len(found) * 2 == len(meets(assigned, ALL_AROUND))
    assert all(assigned[one] == assigned[other] for one, other in found)


def test_another_seed_deals_otherwise():
    seats = list(product(range(6), range(6)))
    assert len({tuple(assign(seats, 8, seed=str(seed)).values()) for seed in range(20)}) == 20


@pytest.mark.parametrize(("forms", "distance"), [(2, 2), (3, 2), (4, 4), (5, 5), (8, 8), (12, 10), (24, 26)])
def test_equal_forms_are_kept_as_far_apart_as_this(forms, distance):
    """Square of the distance in seats: 4 is two seats on, 5 a knight's move."""
    assigned = assign(product(range(12), range(12)), forms, seed="s")
    pairs = product(assigned, repeat=2)
    squares = [
        (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 for a, b in pairs if a != b and assigned[a] == assigned[b]
    ]
    assert min(squares) == distance


def test_the_forms_of_a_room_never_change():
    """Door lists and seat plans of past rounds are made again from the seed."""
    assigned = assign(product(range(1, 4), range(1, 5)), 4, seed="2570-1:A")
    assert list(assigned.values()) == [1, 0, 2, 3, 2, 3, 1, 0, 1, 0, 2, 3]


@pytest.mark.parametrize(
    ("other", "with_two", "with_four"),
    [((2, 3), True, True), ((3, 2), True, True), ((3, 3), False, True), ((2, 4), False, False)],
)
def test_who_is_a_neighbour_depends_on_the_number_of_forms(other, with_two, with_four):
    assert are_neighbours((2, 2), other, 2) is with_two
    assert are_neighbours(other, (2, 2), 4) is with_four
