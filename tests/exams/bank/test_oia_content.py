"""The items on the Official Information Act that come with the platform hold what they promise."""

import re
from collections import Counter

from exams.bank.content import fingerprint, tidy
from exams.bank.loading import ItemData, read_bank

BANK, ITEMS = read_bank("oia")
BY_CODE = {item.code: item for item in ITEMS}
SECTIONS = {topic.code: topic.sections for topic in BANK.topics}


def texts(item: ItemData) -> list[str]:
    return [item.stem, *item.options, item.explanation]


def right(item: ItemData) -> str:
    return item.options[item.key]


def test_there_are_enough_items_under_codes_of_their_own():
    assert len(ITEMS) >= 160
    assert len(BY_CODE) == len(ITEMS)


def is_whole(item: ItemData) -> bool:
    sections = SECTIONS[item.topic]
    return (
        sections is not None
        and item.section is not None
        and max(1, sections[0]) <= item.section <= min(43, sections[1])
        and 2 <= len(item.options) <= 5
        and 0 <= item.key < len(item.options)
        and len({fingerprint(option) for option in item.options}) == len(item.options)
    )


def cited(text: str) -> set[int]:
    return {int(number) for number in re.findall(r"มาตรา (\d+)", text)}


def test_every_item_is_whole_and_its_section_lies_in_its_topic():
    assert [item.code for item in ITEMS if not is_whole(item)] == []


def test_every_explanation_cites_the_section_the_key_rests_on():
    assert [item.code for item in ITEMS if item.section not in cited(item.explanation)] == []


def test_only_sections_of_the_act_are_cited():
    assert {number for item in ITEMS for text in texts(item) for number in cited(text)} <= set(range(1, 44))


def test_the_thai_is_typed_in_one_way():
    odd = [text for item in ITEMS for text in texts(item) if tidy(text) != text or re.search("[๐-๙]", text)]
    assert odd == []


def test_no_question_is_asked_twice():
    stems = Counter(fingerprint(item.stem) for item in ITEMS)
    assert [stem for stem, count in stems.items() if count > 1] == []


def test_every_chapter_has_every_difficulty():
    cells = Counter((item.topic, item.difficulty) for item in ITEMS)
    for chapter in range(1, 8):
        for difficulty in ("easy", "medium", "hard"):
            assert cells[f"chapter{chapter}", difficulty] >= 2


def test_every_section_but_the_title_is_asked_about():
    assert {item.section for item in ITEMS} == set(range(2, 44))


def test_neither_position_nor_length_gives_the_key_away():
    positions = Counter(item.key for item in ITEMS)
    assert all(0.2 < positions[index] / len(ITEMS) < 0.3 for index in range(4))
    longest = shortest = 0
    for item in ITEMS:
        lengths = sorted(len(option) for option in item.options)
        longest += len(right(item)) == lengths[-1] > lengths[-2]
        shortest += len(right(item)) == lengths[0] < lengths[1]
    assert longest / len(ITEMS) < 0.3
    assert shortest / len(ITEMS) < 0.3


# -- Where question-writers slip ----------------------------------------------------------------------
def asked(section: int, *words: str) -> list[ItemData]:
    """Return the items of a section in whose stem all the words occur; none would prove nothing."""
    found = [item for item in ITEMS if item.section == section and all(word in item.stem for word in words)]
    assert found
    return found


def test_appeals_take_15_days_under_section_18_and_30_under_section_25():
    assert {right(item) for item in asked(18, "ภายในกี่วัน")} == {"15 วัน"}
    assert {right(item) for item in asked(25, "ภายในกี่วัน")} == {"30 วัน"}


def test_objections_under_section_17_get_at_least_15_days():
    assert {right(item) for item in asked(17, "ต้องเป็นเท่าใดนับแต่")} == {"ไม่น้อยกว่า 15 วัน"}


def test_complaints_go_to_the_board_and_appeals_are_lodged_there_too():
    board = "คณะกรรมการข้อมูลข่าวสารของราชการ"
    assert {right(item) for item in asked(13, "ร้องเรียนต่อผู้ใด")} == {board}
    assert {right(item) for item in asked(18, "ต้องยื่นต่อผู้ใด")} == {board}


def test_complaints_and_appeals_are_decided_in_30_days_and_60_at_most():
    assert {right(item) for item in asked(13, "โดยปกติ", "ภายในกี่วัน")} == {"30 วัน"}
    assert {right(item) for item in asked(13, "รวมกันต้องไม่เกิน")} == {"60 วัน"}
    assert {right(item) for item in asked(37, "กำหนดเวลาพิจารณา")} == {"30 วัน ขยายได้รวมไม่เกิน 60 วัน"}


def test_records_of_section_14_are_kept_75_years_and_those_of_section_15_20():
    assert {right(item) for item in asked(26, "ตามมาตรา 14", "กี่ปี")} == {"75 ปี"}
    assert {right(item) for item in asked(26, "ราชการตามมาตรา 15", "ครบกี่ปี")} == {"20 ปี"}


def test_section_14_forbids_and_section_15_leaves_a_discretion():
    assert {right(item) for item in asked(14, "แตกต่างจากมาตรา 15")} == {
        "มาตรา 14 ห้ามเปิดเผย ส่วนมาตรา 15 เป็นเรื่องดุลพินิจ"
    }


def test_an_alien_has_neither_thai_nationality_nor_residence():
    assert {right(item) for item in asked(4, "คนต่างด้าว", "ต้องมีลักษณะใด")} == {
        "ไม่มีสัญชาติไทยและไม่มีถิ่นที่อยู่ในประเทศไทย"
    }


def test_section_11_sets_no_number_of_days():
    assert {right(item) for item in asked(11, "ภายในเวลาใด")} == {"เวลาอันสมควร"}


def test_the_act_sets_no_rate_of_fees():
    assert not any(re.search(r"\d+ บาท", right(item)) for item in ITEMS if item.section in {9, 11})


def test_the_prime_minister_has_charge_of_the_act_but_does_not_chair_the_board():
    assert {right(item) for item in asked(5, "ผู้รักษาการ")} == {"นายกรัฐมนตรี"}
    assert {right(item) for item in asked(27, "ประธาน")} == {"รัฐมนตรีซึ่งนายกรัฐมนตรีมอบหมาย"}


def test_notice_to_third_parties_is_never_put_under_section_12():
    for item in ITEMS:
        if item.section == 12:
            assert "คัดค้าน" not in item.stem + right(item)


def test_penalties_are_those_of_sections_40_and_41():
    for section, term, fine in ((40, "3 เดือน", "5,000 บาท"), (41, "1 ปี", "20,000 บาท")):
        for item in asked(section, "ไม่เกินเท่าใด"):
            assert right(item) in {term, fine}
