"""Grade an answer sheet against a key: pure functions, no database, no clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class TopicScore:
    """Right answers and items of one topic."""

    topic: int
    score: int
    max: int


@dataclass(frozen=True)
class Grade:
    """A marked sheet: one mark per right answer, nothing taken off for a wrong one."""

    score: int
    max_score: int
    answered: int
    topics: tuple[TopicScore, ...]


def grade(
    choices: Mapping[int, int], key: Sequence[int], topics: Sequence[int], topic_order: Sequence[int]
) -> Grade:
    """Grade one sheet.

    `choices` maps a position (from 1) to the option as shown (from 1; absent or 0 is no answer); `key` and
    `topics` give the right option and the topic of each position. Topics come back in `topic_order`, which
    may name topics that the form does not have. Choices for positions that the form does not have are
    not answers: they count nowhere.
    """
    scores = dict.fromkeys(topic_order, 0)
    maxima = dict.fromkeys(topic_order, 0)
    answered = 0
    for position, (right, topic) in enumerate(zip(key, topics, strict=True), start=1):
        choice = choices.get(position, 0)
        maxima[topic] += 1
        answered += choice > 0
        scores[topic] += choice == right
    return Grade(
        score=sum(scores.values()),
        max_score=len(key),
        answered=answered,
        topics=tuple(TopicScore(t, scores[t], maxima[t]) for t in topic_order if maxima[t]),
    )
