"""`manage.py open_paper`: what an appeal board or a room without network types."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from exams.papers import services
from exams.papers.assembly import DrawRule, Section
from tests.exams.bank.factories import fill_bank, make_bank, make_figure, make_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def envelope():
    bank = make_bank()
    fill_bank(bank)
    sections = [
        Section(f"วิชาที่ {n}", [DrawRule(topic.pk, "", 2)]) for n, topic in enumerate(bank.topics.all(), 1)
    ]
    return services.seal_forms("รอบ", services.make_parallel_forms("ภาค ก.", sections, 2))


@pytest.fixture
def sealed(envelope):
    return envelope.papers.select_related("form").first()


@pytest.fixture
def file(sealed, tmp_path):
    path = tmp_path / "paper"
    path.write_bytes(services.bundle(sealed.sha256))
    return path


def run(*args, **options):
    out = io.StringIO()
    call_command("open_paper", *map(str, args), stdout=out, **options)
    return out.getvalue()


def test_it_prints_the_paper_as_the_candidate_saw_it(envelope, sealed, file):
    printed = run(file, code=services.paper_key(envelope))
    for item in sealed.form.paper["items"]:
        assert f"{item['n']}. {item['stem']}\n   1) {item['options'][0]}\n" in printed
    assert printed.index("วิชาที่ 1") < printed.index("\n1. ") < printed.index("วิชาที่ 2") < printed.index("\n3. ")
    assert "มาตรา 11" not in printed


def test_it_prints_json_for_programs(envelope, sealed, file):
    printed = run(file, code=services.paper_key(envelope), format="json")
    assert json.loads(printed)["paper"] == sealed.form.paper


def test_a_form_named_on_a_receipt_needs_no_database_entry(envelope, sealed, file):
    code = services.paper_key(envelope)
    envelope.papers.all().delete()
    assert sealed.form.title in run(file, code=code, form=sealed.form.sha256.upper())


def test_the_code_is_asked_for_when_it_is_not_given(envelope, sealed, file, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda _prompt: services.paper_key(envelope).lower())
    assert sealed.form.title in run(file)


def test_figures_are_written_to_a_folder(tmp_path):
    bank, figure = make_bank(), make_figure()
    make_version(bank, figure=figure, figure_alt="กราฟแท่ง")
    form = services.make_form(title="ชุด", rules=[DrawRule(bank.topics.all()[0].pk, "", 1)])
    envelope = services.seal_forms("รอบ", [form])
    file = tmp_path / "paper"
    file.write_bytes(services.bundle(envelope.papers.get().sha256))
    printed = run(file, code=services.paper_key(envelope), figures=tmp_path / "figures")
    [written] = (tmp_path / "figures").iterdir()
    assert written.read_bytes() == bytes(figure.data)
    assert f"[{written.name}] กราฟแท่ง" in printed


def test_an_altered_file_is_refused(envelope, sealed, file):
    file.write_bytes(file.read_bytes() + b"x")
    code = services.paper_key(envelope)
    with pytest.raises(CommandError, match="none of the papers sealed here"):
        run(file, code=code)
    with translation.override("th"), pytest.raises(CommandError, match="ไฟล์ชำรุดหรือถูกแก้ไข"):
        run(file, code=code, form=sealed.form.sha256)


@pytest.mark.parametrize(
    ("code", "said"), [("ABC", "มี 21 ตัวอักษร"), ("01234-56789-ABCDE-FGHJK-J", "อาจเป็นรหัสของรอบสอบอื่น")]
)
def test_a_wrong_code_is_refused_in_thai(file, code, said):
    with translation.override("th"), pytest.raises(CommandError, match=said):
        run(file, code=code)


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        run(tmp_path / "none", code="x")
