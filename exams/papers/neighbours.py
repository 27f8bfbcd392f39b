"""Deal parallel forms to the seats of a room so that nobody can read a neighbour's. Pure.

A seat in row r and column c gets the form number (c + k·r) mod n. Where the same form comes again depends
on the distance of two seats only, so it holds in a room of any shape, with seats left out or empty, and
when a candidate is put on a seat that was free. Of all k the one is taken that keeps equal forms farthest
apart: with 4 forms none of the eight seats around has the same, with 2 or 3 none beside, before or behind.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from itertools import product

from exams.papers.assembly import rank

# (row, column), counted from anywhere.
Place = tuple[int, int]

# With so many forms or more, none of the eight seats around has the same; with fewer, none beside, before or
# behind.
_ALL_AROUND = 4
# Half of the eight seats around a seat; the other half look back.
_AROUND = ((0, 1), (1, -1), (1, 0), (1, 1))


def assign(seats: Iterable[Place], forms: int, *, seed: str) -> dict[Place, int]:
    """Return the index of the form, from 0, for each seat; `forms` is their number, at least 1.

    The same seed gives the same forms whatever the order of the seats, and gives a seat the same form
    whichever other seats are asked for. Give each room a seed of its own: it decides where in the pattern
    each form stands, and whether the pattern is mirrored. In a full grid no form is dealt more often than
    another by more than one per row.
    """
    step = _step(forms)
    if rank(seed, "mirror", forms)[0] % 2:
        step = -step
    dealt = sorted(range(forms), key=lambda form: rank(seed, "form", form))
    return {(row, column): dealt[(column + step * row) % forms] for row, column in seats}


def clashes(assigned: Mapping[Place, int]) -> list[tuple[Place, Place]]:
    """Return the pairs of seats side by side, one behind the other or diagonal that have the same form."""
    return [
        (place, other)
        for place, form in sorted(assigned.items())
        for down, right in _AROUND
        if assigned.get(other := (place[0] + down, place[1] + right)) == form
    ]


def are_neighbours(place: Place, other: Place, forms: int) -> bool:
    """Say whether two seats of a room must not have the same form, where `forms` are dealt."""
    down, right = abs(place[0] - other[0]), abs(place[1] - other[1])
    return down + right == 1 or (forms >= _ALL_AROUND and down == right == 1)


@cache
def _step(forms: int) -> int:
    """Return the k that keeps equal forms farthest apart; the smallest of several."""
    return max(range(forms), key=lambda step: (_nearest(forms, step), -step))


def _nearest(forms: int, step: int) -> int:
    """Return the square of the distance of the nearest two seats with the same form."""
    return min(
        down * down + right * right
        for down, right in product(range(forms + 1), range(-forms, forms + 1))
        if (down, right) != (0, 0) and (right + step * down) % forms == 0
    )
