"""Loading the banks that come with the platform: once, and again."""

import json
from io import StringIO

import msgspec
import pytest
from django.core.management import CommandError, call_command

from exams.bank import errors, services
from exams.bank.figures import UnfitFigure
from exams.bank.loading import Loaded, load_bank_data
from exams.bank.models import Figure, ItemBank, ItemStatus, ItemVersion
from learning.people.models import AuditEntry
from tests.conftest import make_person
from tests.exams.bank.factories import png

pytestmark = pytest.mark.django_db

TOPIC = {"code": "one", "name_th": "เรื่องหนึ่ง", "name_en": "One", "sections": [1, 5]}
ITEM = {
    "code": "X-1",
    "topic": "one",
    "section": 2,
    "difficulty": "easy",
    "stem": "ข้อใดถูก",
    "options": ["หนึ่ง", "สอง"],
    "key": 0,
    "explanation": "มาตรา 2",
}


@pytest.fixture
def people(db):
    return {"author": make_person(), "reviewer": make_person()}


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a small bank and gives its folder."""

    def write_it(*items, **described):
        folder = tmp_path / "small"
        folder.mkdir(exist_ok=True)
        bank = {"code": "small", "name_th": "คลังเล็ก", "name_en": "Small", "topics": [TOPIC], "max_section": 9}
        (folder / "bank.json").write_text(json.dumps(bank | described))
        (folder / "one.json").write_text(json.dumps(items))
        return tmp_path

    return write_it


def test_the_bank_on_the_act_is_loaded_approved_by_a_second_person(people):
    loaded = load_bank_data("oia", **people)
    bank = ItemBank.objects.get(code="oia")
    versions = ItemVersion.objects.filter(item__bank=bank)
    assert loaded.created == versions.filter(status=ItemStatus.APPROVED).count() >= 160
    assert bank.topics.count() == 9
    assert set(versions.values_list("author", "reviewed_by", "approved_by")) == {
        (people["author"].pk, people["reviewer"].pk, people["reviewer"].pk)
    }
    assert AuditEntry.objects.filter(action="bank.item_loaded").count() == loaded.created


def test_loading_again_changes_nothing(people, django_assert_max_num_queries):
    first = load_bank_data("oia", **people)
    with django_assert_max_num_queries(50):
        again = load_bank_data("oia", **people)
    assert again == Loaded(created=0, revised=0, unchanged=first.created)


def test_a_changed_item_comes_in_as_a_new_version_and_the_old_one_stays(people, write):
    load_bank_data("small", **people, folder=write(ITEM))
    folder = write(ITEM | {"stem": "ข้อใดถูกต้อง"})
    assert load_bank_data("small", **people, folder=folder) == Loaded(0, 1, 0)
    versions = list(ItemVersion.objects.order_by("number").values_list("number", "status", "stem"))
    assert versions == [(1, "retired", "ข้อใดถูก"), (2, "approved", "ข้อใดถูกต้อง")]
    assert load_bank_data("small", **people, folder=folder) == Loaded(0, 0, 1)


def test_what_somebody_here_has_changed_since_is_left_alone(people, write, exam_officer):
    load_bank_data("small", **people, folder=write(ITEM))
    version = ItemVersion.objects.get()
    content = services.content_of(version)
    services.retire(version, actor=exam_officer, revision=0, reason="เลิกใช้")
    services.revise(version.item, content, author=exam_officer)
    loaded = load_bank_data("small", **people, folder=write(ITEM | {"stem": "แก้ในไฟล์"}))
    assert loaded == Loaded(0, 0, 1)
    assert ItemVersion.objects.count() == 2


@pytest.mark.parametrize(
    "change",
    [{"section": 6}, {"key": 2}, {"options": ["ก", "ก"]}, {"explanation": ""}, {"topic": "two"}],
)
def test_an_item_that_is_wrong_stops_the_loading_and_is_named(people, write, change):
    with pytest.raises(errors.InvalidItem, match="X-2"):
        load_bank_data("small", **people, folder=write(ITEM, ITEM | {"code": "X-2"} | change))
    assert not ItemVersion.objects.exists()


def test_an_item_comes_with_its_figure(people, write):
    folder = write(ITEM | {"figure": "a.png", "figure_alt": "กราฟแท่ง"})
    with pytest.raises(FileNotFoundError):
        load_bank_data("small", **people, folder=folder)
    (folder / "small/figures").mkdir()
    (folder / "small/figures/a.png").write_bytes(b"GIF89a")
    with pytest.raises(UnfitFigure):
        load_bank_data("small", **people, folder=folder)
    (folder / "small/figures/a.png").write_bytes(png(3, 2))
    assert load_bank_data("small", **people, folder=folder) == Loaded(1, 0, 0)
    assert load_bank_data("small", **people, folder=folder) == Loaded(0, 0, 1)
    version = ItemVersion.objects.get()
    assert (version.figure, version.figure_alt) == (Figure.objects.get(), "กราฟแท่ง")


def test_a_bank_says_its_language_and_is_thai_otherwise(people, write):
    load_bank_data("small", **people, folder=write(ITEM))
    assert ItemBank.objects.get().language == "th"
    load_bank_data("small", **people, folder=write(ITEM, language="en"))
    assert ItemBank.objects.get().language == "en"
    with pytest.raises(msgspec.ValidationError, match="language"):
        load_bank_data("small", **people, folder=write(ITEM, language="xx"))


def test_the_author_cannot_be_the_reviewer(people):
    with pytest.raises(errors.SecondPersonNeeded):
        load_bank_data("oia", author=people["author"], reviewer=people["author"])


def test_the_command_loads_and_reports(people):
    out = StringIO()
    options = {"author": people["author"].email, "reviewer": people["reviewer"].email}
    call_command("load_item_bank", "oia", **options, format="json", stdout=out)
    assert json.loads(out.getvalue())["created"] == ItemVersion.objects.count()
    out = StringIO()
    call_command("load_item_bank", "oia", **options, stdout=out)
    assert out.getvalue().startswith("0 created")


def test_the_command_says_what_it_did_not_find(people):
    known = {"author": people["author"].email, "reviewer": people["reviewer"].email}
    with pytest.raises(CommandError, match="nothing"):
        call_command("load_item_bank", "nothing", **known)
    with pytest.raises(CommandError, match="nobody@example"):
        call_command("load_item_bank", "oia", **known | {"author": "nobody@example.org"})
