"""Exercises: a few things to read and questions about them, as they are written in ``exercise.toml``. Pure.

One exercise becomes a package of any kind (`packages.py`)::

    title_th = "…"
    pass_percent = 60

    [[steps]]
    kind = "one"                          # or "read", "some", "sort"
    heading = "…"
    text = ["a paragraph", "another one"]
    question = "…"
    options = ["…", "…"]                  # of "sort" the groups
    key = 0                               # of "some": keys = [0, 2]; of "sort": items = [["…", 0], ["…", 1]]
    explanation = "…"
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import msgspec

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
_Texts = Annotated[list[_Text], msgspec.Meta(min_length=1, max_length=10)]
_Options = Annotated[list[_Text], msgspec.Meta(min_length=2, max_length=6)]


class Reading(msgspec.Struct, forbid_unknown_fields=True, tag_field="kind", tag="read"):
    """Something to read."""

    heading: _Text
    text: _Texts


class ChooseOne(msgspec.Struct, forbid_unknown_fields=True, tag_field="kind", tag="one"):
    """A question with one right option; `key` counts from 0."""

    heading: _Text
    question: _Text
    options: _Options
    key: int
    explanation: _Text
    text: list[_Text] = []

    @property
    def keys(self) -> list[int]:
        """Return the right option."""
        return [self.key]


class ChooseSome(msgspec.Struct, forbid_unknown_fields=True, tag_field="kind", tag="some"):
    """A question with several right options, in their order."""

    heading: _Text
    question: _Text
    options: _Options
    keys: Annotated[list[int], msgspec.Meta(min_length=1)]
    explanation: _Text
    text: list[_Text] = []


class Sort(msgspec.Struct, forbid_unknown_fields=True, tag_field="kind", tag="sort"):
    """Things to put into groups, each with the number of its group."""

    heading: _Text
    question: _Text
    options: _Options
    items: Annotated[list[tuple[_Text, int]], msgspec.Meta(min_length=2, max_length=10)]
    explanation: _Text
    text: list[_Text] = []

    @property
    def keys(self) -> list[int]:
        """Return the group of each thing."""
        return [group for _item, group in self.items]


Question = ChooseOne | ChooseSome | Sort
Step = Reading | Question


class Exercise(msgspec.Struct, forbid_unknown_fields=True):
    """An exercise; it is passed with this share of its questions."""

    title_th: _Text
    pass_percent: Annotated[int, msgspec.Meta(ge=1, le=100)]
    steps: Annotated[list[Step], msgspec.Meta(min_length=1, max_length=30)]

    @property
    def questions(self) -> list[Question]:
        """Return the steps that are answered."""
        return [step for step in self.steps if not isinstance(step, Reading)]

    def problems(self) -> Iterator[str]:
        """Say what is wrong with it, beyond its form."""
        if not self.questions:
            yield "asks nothing"
        for number, step in enumerate(self.steps, 1):
            if isinstance(step, Reading):
                continue
            keys = step.keys
            if not all(0 <= key < len(step.options) for key in keys):
                yield f"step {number} has a key that names no option"
            if len(set(step.options)) < len(step.options):
                yield f"step {number} offers an option twice"
            if isinstance(step, ChooseSome) and keys != sorted(set(keys)):
                yield f"step {number} has keys that are not in order"

    def shown(self) -> Mapping[str, Any]:
        """Return it as the player in the packages reads it."""
        return {
            "title": self.title_th,
            "pass_percent": self.pass_percent,
            "steps": [_shown(number, step) for number, step in enumerate(self.steps, 1)],
        }


def _shown(number: int, step: Step) -> dict[str, Any]:
    shown = msgspec.to_builtins(step)
    assert isinstance(shown, dict)
    if isinstance(step, Reading):
        return shown
    shown.pop("key", None)
    if isinstance(step, Sort):
        shown["items"] = [item for item, _group in step.items]
    return shown | {"id": f"q{number}", "keys": step.keys}


def read_exercise(text: bytes) -> Exercise:
    """Read an exercise. Raises msgspec.MsgspecError."""
    return msgspec.toml.decode(text, type=Exercise)
