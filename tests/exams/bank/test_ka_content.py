"""The items of the general examination (ภาค ก.) that come with the platform hold what they promise."""

import re
from collections import Counter
from itertools import groupby

import pytest

from exams.bank.content import fingerprint, tidy
from exams.bank.loading import BankData, ItemData, load_bank_data, read_bank
from exams.bank.models import Difficulty, ItemStatus, ItemVersion
from tests.conftest import make_person

AT_LEAST = {"ka-analytic": 120, "ka-english": 65, "ka-official": 80}
BANKS = {code: read_bank(code) for code in AT_LEAST}
OFFICIAL = BANKS["ka-official"][1]
LAWS = {
    "พระราชบัญญัติระเบียบบริหารราชการแผ่นดิน พ.ศ. 2534",
    "พระราชกฤษฎีกาว่าด้วยหลักเกณฑ์และวิธีการบริหารกิจการบ้านเมืองที่ดี พ.ศ. 2546",
    "พระราชบัญญัติวิธีปฏิบัติราชการทางปกครอง พ.ศ. 2539",
    "พระราชบัญญัติความรับผิดทางละเมิดของเจ้าหน้าที่ พ.ศ. 2539",
    "ประมวลกฎหมายอาญา",
    "พระราชบัญญัติระเบียบข้าราชการพลเรือน พ.ศ. 2551",
    "พระราชบัญญัติมาตรฐานทางจริยธรรม พ.ศ. 2562",
    "พระราชบัญญัติประกอบรัฐธรรมนูญว่าด้วยการป้องกันและปราบปรามการทุจริต พ.ศ. 2561",
}


@pytest.fixture(params=AT_LEAST)
def code(request) -> str:
    return str(request.param)


@pytest.fixture
def bank(code) -> BankData:
    return BANKS[code][0]


@pytest.fixture
def items(code) -> list[ItemData]:
    return BANKS[code][1]


def texts(item: ItemData) -> list[str]:
    return [item.stem, *item.options, item.explanation]


def right(item: ItemData) -> str:
    return item.options[item.key]


def test_there_are_enough_items_under_codes_of_their_own(code, items):
    assert len(items) >= AT_LEAST[code]
    assert len({item.code for item in items}) == len(items)


def is_whole(item: ItemData) -> bool:
    return (
        len(item.options) == 4
        and 0 <= item.key < 4
        and len({fingerprint(option) for option in item.options}) == 4
        and item.explanation != ""
        and item.section is None
    )


def test_every_item_has_four_options_and_one_key(items):
    assert [item.code for item in items if not is_whole(item)] == []


def test_every_item_is_in_the_file_of_its_topic(bank, items):
    """A topic's items are read one file after the other, so their topics come in runs."""
    runs = [topic for topic, _items in groupby(item.topic for item in items)]
    assert runs == [topic.code for topic in bank.topics]


def test_every_topic_has_several_times_what_a_paper_of_25_draws(bank, items):
    share = 25 / len(bank.topics)
    topics = Counter(item.topic for item in items)
    assert [topic.code for topic in bank.topics if topics[topic.code] < 2.5 * share] == []


def test_every_topic_has_every_difficulty(bank, items):
    cells = Counter((item.topic, item.difficulty) for item in items)
    thin = [
        cell for topic in bank.topics for level in Difficulty.values if cells[cell := (topic.code, level)] < 5
    ]
    assert thin == []


def test_the_text_is_typed_in_one_way(items):
    odd = [text for item in items for text in texts(item) if tidy(text) != text or re.search("[๐-๙]", text)]
    assert odd == []


def test_no_option_leans_on_its_place_for_papers_shuffle_them(items):
    """Nor does it name a part of the question by a number, since options are numbered themselves."""
    leaning = re.compile(
        r"ถูกทุกข้อ|ผิดทุกข้อ|ไม่มีข้อใดถูก|ไม่มีข้อถูก|ข้อ [กขคง](?![ก-๙])|ข้อ \d|\(\d\)"
        r"|(?i:all|none|both|either) of the above"
    )
    assert [item.code for item in items for option in item.options if leaning.search(option)] == []


def test_no_question_is_asked_twice(items):
    stems = Counter(fingerprint(item.stem) for item in items)
    assert [stem for stem, count in stems.items() if count > 1] == []


def test_neither_position_nor_length_gives_the_key_away(items):
    positions = Counter(item.key for item in items)
    assert all(0.2 < positions[index] / len(items) < 0.3 for index in range(4))
    longest = shortest = 0
    for item in items:
        lengths = sorted(len(option) for option in item.options)
        longest += len(right(item)) == lengths[-1] > lengths[-2]
        shortest += len(right(item)) == lengths[0] < lengths[1]
    assert longest / len(items) < 0.3
    assert shortest / len(items) < 0.3


@pytest.mark.django_db
def test_the_bank_is_loaded_with_every_item_approved(code, items):
    loaded = load_bank_data(code, author=make_person(), reviewer=make_person())
    versions = ItemVersion.objects.filter(item__bank__code=code, status=ItemStatus.APPROVED)
    assert loaded.created == versions.count() == len(items)


# -- English ------------------------------------------------------------------------------------------
def test_english_is_asked_in_english_and_explained_in_thai():
    assert {code: str(bank.language) for code, (bank, _items) in BANKS.items() if bank.language != "th"} == {
        "ka-english": "en"
    }
    for item in BANKS["ka-english"][1]:
        instruction, _, question = item.stem.partition("\n")
        assert re.search("[ก-ฮ]", instruction), item.code
        assert not re.search("[ก-ฮ]", question + "".join(item.options)), item.code
        assert re.search("[ก-ฮ]", item.explanation), item.code


# -- Good public official -----------------------------------------------------------------------------
def test_every_explanation_on_the_law_names_the_law_and_its_section():
    """What remains are situations that are judged by ethics alone."""
    silent = [
        item.code
        for item in OFFICIAL
        if not (any(law in item.explanation for law in LAWS) and re.search(r"มาตรา \d+", item.explanation))
    ]
    assert {item.topic for item in OFFICIAL if item.code in silent} == {"ethics"}
    assert len(silent) <= 10


def test_only_known_laws_are_cited():
    for item in OFFICIAL:
        for name in re.findall(r"มาตรา \d[^แ]*แห่ง([^ ]+)", item.explanation):
            assert any(law.startswith(name) for law in LAWS), item.code


def asked(*words: str) -> list[ItemData]:
    """Return the items in whose stem all the words occur; none would prove nothing."""
    found = [item for item in OFFICIAL if all(word in item.stem for word in words)]
    assert found
    return found


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (("อุทธรณ์คำสั่งทางปกครอง", "ภายในกี่วันนับแต่วันที่ได้รับแจ้ง"), "15 วัน"),
        (("ขอให้พิจารณาใหม่", "ภายในกี่วัน"), "90 วัน"),
        (("เพิกถอนคำสั่งทางปกครอง", "ภายในกี่วัน"), "90 วัน"),
        (("มาตรา 9 แห่งพระราชบัญญัติความรับผิดทางละเมิด", "อายุความ"), "1 ปี"),
        (("ทำละเมิดต่อหน่วยงานของรัฐ", "อายุความ"), "2 ปี"),
        (("การจัดตั้งกรม", "กฎหมายใด"), "พระราชบัญญัติ"),
        (("การยุบส่วนราชการ", "กฎหมายใด"), "พระราชกฤษฎีกา"),
        (("แบ่งส่วนราชการภายในกรม", "กฎหมายใด"), "กฎกระทรวง"),
    ],
)
def test_where_question_writers_slip(words, answer):
    assert {right(item) for item in asked(*words)} == {answer}
