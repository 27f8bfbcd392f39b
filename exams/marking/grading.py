"""Grade an answer sheet against a key: pure functions, no database, no clock."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple


class TopicScore(NamedTuple):
    """Right answers and items of one topic."""

    topic: int
    score: int
    max: int


class SectionScore(NamedTuple):
    """Right answers and items of one section of the paper."""

    score: int
    max: int


@dataclass(frozen=True)
class FormKey:
    """What marking needs of a form. Positions and options are counted from 1 as the candidate saw them.

    `right` maps each position to its right option and `topics` to its topic. `topic_order` may name topics
    that the form does not have. `sections` are the last positions of the paper's sections, in order; a
    paper that is not divided is one section.
    """

    right: Mapping[int, int]
    topics: Mapping[int, int]
    topic_order: Sequence[int]
    sections: Sequence[int]

    @cached_property
    def maxima(self) -> Mapping[int, int]:
        """How many items each topic has on this form."""
        return Counter(self.topics.values())


@dataclass(frozen=True)
class Grade:
    """A marked sheet: one mark per right answer, nothing taken off for a wrong one."""

    score: int
    max_score: int
    answered: int
    topics: tuple[TopicScore, ...]
    sections: tuple[SectionScore, ...]


def form_key(
    key: Sequence[int], topics: Sequence[int], topic_order: Sequence[int], sections: Sequence[int] = ()
) -> FormKey:
    """Build a key from the right option and the topic of each position, and the sections' item counts."""
    if len(key) != len(topics) or (sections and sum(sections) != len(key)):
        raise ValueError(f"{len(key)} positions, {len(topics)} topics, sections {list(sections)}")
    counts = sections or (len(key),)
    return FormKey(
        right=dict(enumerate(key, start=1)),
        topics=dict(enumerate(topics, start=1)),
        topic_order=topic_order,
        sections=tuple(sum(counts[: n + 1]) for n in range(len(counts))),
    )


def grade(choices: Mapping[int, int], key: FormKey) -> Grade:
    """Grade one sheet.

    `choices` maps a position to the option chosen; absent or 0 is no answer. Topics come back in the order
    of the key. Choices for positions that the form does not have are not answers: they count nowhere.
    """
    # The items that both mappings have: the loop over positions runs in C.
    right = sorted(position for position, _ in key.right.items() & choices.items())
    topics = dict.fromkeys(key.topic_order, 0)
    for position in right:
        topics[key.topics[position]] += 1
    return Grade(
        score=len(right),
        max_score=len(key.right),
        answered=sum(1 for position, choice in choices.items() if choice and position in key.right),
        topics=_topic_scores(topics, key),
        sections=_section_scores(right, key),
    )


def _topic_scores(scores: Mapping[int, int], key: FormKey) -> tuple[TopicScore, ...]:
    maxima = key.maxima
    return tuple(TopicScore(t, scores[t], maxima[t]) for t in key.topic_order if t in maxima)


def _section_scores(right: Sequence[int], key: FormKey) -> tuple[SectionScore, ...]:
    scores, first, before = [], 1, 0
    for last in key.sections:
        upto = bisect_right(right, last)
        scores.append(SectionScore(upto - before, last - first + 1))
        first, before = last + 1, upto
    return tuple(scores)
