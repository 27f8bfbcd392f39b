"""What the tests of the bank on analytic thinking share: its items, and comparing an answer with the key."""

import re
from collections.abc import Iterable
from fractions import Fraction
from typing import TypeVar

from exams.bank.loading import ItemData, read_bank

BANK, ITEMS = read_bank("ka-analytic")
BY_CODE = {item.code: item for item in ITEMS}

T = TypeVar("T")
Answer = int | Fraction | str | tuple[int | Fraction, ...]


def numbers(text: str) -> tuple[Fraction, ...]:
    """Return the numbers of a text in their order; "1,200" is one number."""
    return tuple(Fraction(found.replace(",", "")) for found in re.findall(r"\d+(?:,\d{3})*(?:\.\d+)?", text))


def only(found: Iterable[T]) -> T:
    """Return the one thing there is; anything else means that the question has no answer, or several."""
    (one,) = set(found)
    return one


def right(item: ItemData) -> str:
    return item.options[item.key]


def keys_of(item: ItemData, answer: Answer) -> list[int]:
    """Return the options that say the answer: in words when it is one, otherwise by all their numbers."""
    if isinstance(answer, str):
        return [index for index, option in enumerate(item.options) if option == answer]
    wanted = answer if isinstance(answer, tuple) else (answer,)
    return [index for index, option in enumerate(item.options) if numbers(option) == wanted]
