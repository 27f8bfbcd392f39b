"""Grading is a pure function of sheet, key and topics."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exams.marking.grading import Grade, SectionScore, TopicScore, form_key
from exams.marking.grading import grade as grade_with


def grade(choices, key, topics, topic_order, sections=()):
    return grade_with(choices, form_key(key, topics, topic_order, sections))


def test_one_mark_per_right_answer_and_none_off_for_a_wrong_one():
    marked = grade({1: 2, 2: 3, 3: 1}, key=[2, 3, 4], topics=[7, 8, 8], topic_order=[7, 8])
    assert marked == Grade(2, 3, 3, (TopicScore(7, 1, 1), TopicScore(8, 1, 2)), (SectionScore(2, 3),))


def test_an_empty_sheet_scores_nothing():
    marked = grade({}, key=[1, 2], topics=[7, 7], topic_order=[7])
    assert (marked.score, marked.max_score, marked.answered) == (0, 2, 0)


def test_a_cleared_answer_is_no_answer():
    assert grade({1: 0}, key=[1], topics=[7], topic_order=[7]).answered == 0


def test_a_choice_for_a_position_that_the_form_lacks_counts_nowhere():
    marked = grade({1: 1, 9: 1}, key=[1], topics=[7], topic_order=[7])
    assert (marked.score, marked.answered) == (1, 1)


def test_topics_come_in_the_order_of_the_bank_without_those_the_form_lacks():
    marked = grade({}, key=[1, 1], topics=[9, 7], topic_order=[7, 8, 9])
    assert [topic.topic for topic in marked.topics] == [7, 9]


def test_a_key_and_topics_of_different_length_are_refused():
    with pytest.raises(ValueError, match="2 positions, 1 topics"):
        grade({}, key=[1, 2], topics=[7], topic_order=[7])


_places = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 7), st.integers(0, 5)), max_size=60)


@given(_places)
def test_topic_scores_add_up_to_the_whole(places):
    marked = grade(
        {n: choice for n, (_key, _topic, choice) in enumerate(places, start=1)},
        key=[key for key, _topic, _choice in places],
        topics=[topic for _key, topic, _choice in places],
        topic_order=range(1, 8),
    )
    assert sum(topic.score for topic in marked.topics) == marked.score
    assert sum(topic.max for topic in marked.topics) == marked.max_score == len(places)
    assert 0 <= marked.score <= marked.answered <= marked.max_score


@given(_places)
def test_the_key_itself_scores_full_marks(places):
    key = [right for right, _topic, _choice in places]
    topics = [topic for _key, topic, _choice in places]
    marked = grade(dict(enumerate(key, start=1)), key, topics, range(1, 8))
    assert marked.score == marked.answered == marked.max_score


@given(_places, st.data())
def test_correcting_one_answer_never_lowers_the_score(places, data):
    choices = {n: choice for n, (_key, _topic, choice) in enumerate(places, start=1)}
    key = [right for right, _topic, _choice in places]
    topics = [topic for _key, topic, _choice in places]
    if not places:
        return
    position = data.draw(st.integers(1, len(places)))
    before = grade(choices, key, topics, range(1, 8)).score
    after = grade(choices | {position: key[position - 1]}, key, topics, range(1, 8)).score
    assert before <= after <= before + 1


def test_sections_are_scored_in_the_order_of_the_paper():
    marked = grade(
        {1: 1, 2: 2, 4: 1}, key=[1, 1, 1, 1], topics=[7, 7, 8, 8], topic_order=[7, 8], sections=[1, 3]
    )
    assert marked.sections == (SectionScore(1, 1), SectionScore(1, 3))


def test_sections_that_do_not_cover_the_paper_are_refused():
    with pytest.raises(ValueError, match="sections"):
        grade({}, key=[1, 2], topics=[7, 7], topic_order=[7], sections=[1])


@given(_places, st.lists(st.integers(1, 20), max_size=4))
def test_section_scores_add_up_to_the_whole(places, lengths):
    counts = [*lengths, max(0, len(places) - sum(lengths))]
    if sum(counts) != len(places):
        return
    choices = {n: choice for n, (_key, _topic, choice) in enumerate(places, start=1)}
    key = [right for right, _topic, _choice in places]
    marked = grade(choices, key, [7] * len(places), [7], counts)
    assert [section.max for section in marked.sections] == counts
    assert sum(section.score for section in marked.sections) == marked.score
    first = sum(choices[n] == key[n - 1] for n in range(1, counts[0] + 1))
    assert marked.sections[0].score == first
