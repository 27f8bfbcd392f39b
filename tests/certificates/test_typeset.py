import datetime
import hashlib
import io
from typing import Any

import pypdf
import pytest
import zxingcpp
from PIL import Image

from certificates import kinds, services, typeset
from certificates.errors import CannotBeSet
from tests.certificates.conftest import issue_certificate
from tests.certificates.pdf_text import pages
from tests.conftest import make_person

LONG = {
    "title": "พันตำรวจเอก (พิเศษ) หม่อมหลวง",
    "first_name": "ปิ่นเกล้าวรวุฒิเกียรติไพศาล",
    "last_name": "ณ อยุธยาเทพหัสดินวงศ์วัฒนกุล",
}
NAMES = [
    {"title": "ท่านผู้หญิง", "first_name": "น้ำทิพย์", "last_name": "ปั๊มกิ่งแก้วสู่ฟ้า"},
    {"title": "นาย", "first_name": "ญาณวุฒิ", "last_name": "ฐิติรัตน์อุฬารวงศ์"},
    {"title": "ว่าที่ร้อยตรีหญิง", "first_name": "ฤๅษี", "last_name": "ฎีกา ณ ป้อมเพ็ชร์"},
    {"title": "Mr.", "first_name": "Seán", "last_name": "O'Neil-Smith"},
    LONG,
]


def text_of(certificate, **options):
    return pages(typeset.render_pdf([certificate], **options))[0]


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES, ids=lambda name: name["first_name"])
def test_a_name_is_on_one_line_and_read_back_as_written(name):
    certificate = issue_certificate(make_person(**name))
    assert certificate.holder_name in text_of(certificate)


def test_everything_official_is_read_back_as_written(certificate, learner):
    assert {
        "เลขทะเบียน ๑/๒๕๖๙",
        "สำนักงานคณะกรรมการข้าราชการพลเรือน",
        "หนังสือรับรองผลการทดสอบความรู้",
        "นางสาวสมหญิง ใจดี",
        "กรมทดสอบ กระทรวงทดสอบ",
        "ผ่านการทดสอบ",
        "รอบที่ ๑ ประจำปี ๒๕๖๙ ทดสอบเมื่อวันที่ ๒๐ พฤศจิกายน พ.ศ. ๒๕๖๙",
        "ให้ไว้ ณ วันที่ ๒๑ พฤศจิกายน พ.ศ. ๒๕๖๙",
        "Given on 21 November 2026",
        "Register No. 1/2569 (B.E.)",
    } <= set(text_of(certificate))


def test_a_long_test_name_is_read_back_whole_over_its_lines(learner):
    name = "ความรู้สำหรับข้าราชการและเจ้าหน้าที่ของรัฐเกี่ยวกับขั้นตอนการปฏิบัติงานตามกฎหมายที่เกี่ยวข้องกับการคุ้มครองข้อมูลส่วนบุคคล"
    text = "".join(text_of(issue_certificate(learner, test_name=name)))
    assert name in text


def test_words_that_typst_would_break_are_kept_whole(learner):
    text = text_of(issue_certificate(learner, test_name="ความรู้สำหรับข้าราชการในขั้นตอนของสำนักงาน" * 4))
    for word in ("ข้าราชการ", "ขั้นตอน", "สำนักงาน"):
        assert sum(run.count(word) for run in text if "คณะกรรมการ" not in run) == 4


def test_neither_the_marks_nor_the_full_national_id_are_printed(learner):
    marks = {"score": "47.25", "max_score": "88.75", "pass_mark": "53.5"}
    text = "".join(text_of(issue_certificate(learner, **marks), thai_numerals=False))
    assert not any(mark in text for mark in marks.values())
    assert learner.national_id not in text.replace("-", "")
    assert learner.masked_national_id in text


def test_arabic_numerals_are_printed_where_asked_for(certificate):
    assert "ให้ไว้ ณ วันที่ 21 พฤศจิกายน พ.ศ. 2569" in text_of(certificate, thai_numerals=False)


def test_the_day_is_bangkoks(learner):
    late = datetime.datetime(2026, 12, 31, 17, 0, tzinfo=datetime.UTC)
    assert "ให้ไว้ ณ วันที่ ๑ มกราคม พ.ศ. ๒๕๗๐" in text_of(issue_certificate(learner, now=late))


def test_the_signatory_of_the_day_of_issue_is_printed(learner, administrator):
    services.add_signatory(
        name="นายปิยวัฒน์ ศิวรักษ์",
        position="เลขาธิการ ก.พ.",
        position_en="Secretary-General",
        effective_from=datetime.date(2026, 1, 1),
        by=administrator,
    )
    text = text_of(issue_certificate(learner))
    assert "(นายปิยวัฒน์ ศิวรักษ์)" in text
    assert "ผู้มีอำนาจลงนาม" not in text


def test_without_a_signatory_there_is_room_for_a_pen(certificate):
    assert "ผู้มีอำนาจลงนาม" in text_of(certificate)


@pytest.mark.parametrize(
    ("first_name", "lacking"), [("สมชาย😀", "😀"), ("ก漢ข", "漢"), ("\ue000ลับ", r"\u{e000}")]
)
def test_a_character_that_the_font_lacks_is_refused_and_shown(db, first_name, lacking):
    certificate = issue_certificate(make_person(first_name=first_name))
    with pytest.raises(CannotBeSet) as refused:
        typeset.render_pdf([certificate])
    assert refused.value.certificate == certificate
    assert "1/2569" in str(refused.value)
    assert lacking in str(refused.value)


def test_in_a_run_the_one_that_cannot_be_printed_is_named(certificate):
    bad = issue_certificate(make_person(first_name="漢"), "s:2")
    with pytest.raises(CannotBeSet) as refused:
        typeset.render_pdf([certificate, bad])
    assert refused.value.certificate == bad


def test_markup_in_a_name_is_printed_and_not_obeyed(db):
    name = '"#panic()\\" $x$ *b* \\n'
    certificate = issue_certificate(make_person(title="", first_name=name, last_name="]"))
    assert certificate.holder_name in text_of(certificate)


def test_the_same_certificate_gives_the_same_bytes(certificate, learner):
    before = typeset.render_pdf([certificate])
    learner.last_name = "มีสุข"
    learner.save()
    certificate.refresh_from_db()
    assert typeset.render_pdf([certificate]) == before


def test_the_file_says_that_it_is_pdf_a(certificate):
    reader: Any = pypdf.PdfReader(io.BytesIO(typeset.render_pdf([certificate])))
    xmp = reader.trailer["/Root"]["/Metadata"].get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part>" in xmp
    assert "<pdfaid:conformance>U</pdfaid:conformance>" in xmp
    assert reader.metadata.title == "หนังสือรับรองผลการทดสอบความรู้ 1/2569"


def test_the_page_is_a4_landscape(certificate):
    page = pypdf.PdfReader(io.BytesIO(typeset.render_pdf([certificate]))).pages[0]
    assert [round(float(side) / 72 * 25.4) for side in page.mediabox[2:]] == [297, 210]


def test_a_run_has_a_page_for_each_in_the_order_given(learner):
    run = [issue_certificate(make_person(first_name=f"คนที่{n}"), f"s:{n}") for n in (1, 2, 3)]
    run.reverse()
    printed = pages(typeset.render_pdf(run))
    assert len(printed) == 3
    for certificate, text in zip(run, printed, strict=True):
        assert certificate.holder_name in text


def test_the_qr_code_is_read_from_the_rendered_page(certificate, settings):
    settings.PUBLIC_ORIGIN = "https://exam.example.go.th"
    page = Image.open(io.BytesIO(typeset.render_png(certificate, ppi=150)))
    (found,) = zxingcpp.read_barcodes(page)
    assert found.text == f"HTTPS://EXAM.EXAMPLE.GO.TH/V/{certificate.code}"


def test_the_qr_symbol_is_at_least_thirty_millimetres_wide(certificate):
    page = Image.open(io.BytesIO(typeset.render_png(certificate, ppi=254)))
    (found,) = zxingcpp.read_barcodes(page)
    width = found.position.top_right.x - found.position.top_left.x
    assert width / 10 >= 30


def test_the_address_in_the_qr_code_needs_only_alphanumeric_mode(certificate):
    assert set(typeset.check_url(certificate)) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")


@pytest.mark.parametrize("kind", kinds.KINDS)
def test_every_kind_has_its_template(kind):
    version = kinds.KINDS[kind].template_version
    assert (typeset.TEMPLATES / kind / str(version) / "template.typ").is_file()


# Add the hash of a new version; never change one that is here, because certificates issued with it would
# be printed differently from the paper that people hold.
FROZEN = {
    "course-completion/1": "e3219d08145110a88d009fe50dea03acf9f5cbef2173ce535b1be4ea5a5fc4ab",
    "curriculum-completion/1": "2605e3e67176cd3979065bf7e6072baf9f49da97c9a37d0c11cca1fd2e716c5d",
    "exam-pass/1": "eaadf15b5958d4734c946c2ea4f4a70301540a5dc012ca4c4a45205fdd593b17",
    "knowledge-test-pass/1": "35f3998adfcd5d7b05d4a7e1a677c3e5298c435faf5ac21f623b240ab8a3e56d",
}


def test_released_templates_do_not_change():
    folders = sorted(path.parent for path in typeset.TEMPLATES.glob("*/*/template.typ"))
    hashes = {}
    for folder in folders:
        digest = hashlib.sha256()
        for path in sorted(folder.iterdir()):
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
        hashes[folder.relative_to(typeset.TEMPLATES).as_posix()] = digest.hexdigest()
    assert hashes == FROZEN
