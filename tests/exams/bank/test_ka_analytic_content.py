"""The items on analytic thinking are enough for several papers and give no key away, topic by topic."""

import re
from collections import Counter

from exams.bank.content import fingerprint
from exams.registration.services.examinations import read_examination
from tests.exams.bank.ka_analytic import BANK, ITEMS, right

(SUBJECT,) = [subject for subject in read_examination("ka-2569").subjects if subject.bank == "ka-analytic"]
AT_LEAST = {"language": 45, "abstract": 35, "quantity": 40}


def test_every_topic_has_enough_items():
    topics = Counter(item.topic for item in ITEMS)
    assert {topic.code for topic in BANK.topics} == AT_LEAST.keys()
    assert all(topics[topic] >= count for topic, count in AT_LEAST.items())


def test_the_bank_holds_twice_what_a_paper_of_the_examination_asks_for():
    cells = Counter((item.topic, item.difficulty) for item in ITEMS)
    for topic, levels in SUBJECT.items.items():
        for difficulty, count in levels.items():
            assert cells[topic, difficulty] >= 2 * count


def test_no_question_is_another_one_with_other_numbers_more_than_once():
    """A series is told by its rule, so its question is the same sentence and is left out here."""
    skeletons = Counter(
        re.sub(r"[\d,./]+", "0", fingerprint(item.stem)) for item in ITEMS if "อนุกรม" not in item.stem
    )
    assert max(skeletons.values()) <= 2


def test_neither_position_nor_length_gives_the_key_away():
    for topic in AT_LEAST:
        items = [item for item in ITEMS if item.topic == topic]
        positions = Counter(item.key for item in items)
        assert all(0.2 < positions[index] / len(items) < 0.3 for index in range(4)), topic
        longest = shortest = 0
        for item in items:
            lengths = sorted(len(option) for option in item.options)
            longest += len(right(item)) == lengths[-1] > lengths[-2]
            shortest += len(right(item)) == lengths[0] < lengths[1]
        assert longest / len(items) < 0.25, topic
        assert shortest / len(items) < 0.25, topic


def test_a_question_about_order_has_one_place_for_each_sentence():
    ordering = [item for item in ITEMS if item.topic == "language" and "\n(ก) " in item.stem]
    assert ordering
    for item in ordering:
        sentences = sorted(re.findall(r"^\([ก-จ]\)", item.stem, re.MULTILINE))
        explained = re.findall(r"\([ก-จ]\)", item.explanation)[: len(sentences)]
        assert sorted(explained) == sentences, item.code
        if place := re.search(r"ลำดับที่ (\d)", item.stem):
            assert right(item) == f"ข้อความ {explained[int(place[1]) - 1]}", item.code
        else:
            assert all(sorted(option.split()) == sentences for option in item.options), item.code
            assert right(item).split() == explained, item.code
