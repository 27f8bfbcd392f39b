"""Pictures of items: what may be one, what is taken out of it, and the form that takes it."""

import contextlib
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from exams.bank import figures, services
from exams.bank.figures import PNG, SVG, WEBP, UnfitFigure, examine
from exams.bank.models import Figure, ItemStatus, ItemVersion
from learning.people.models import Role
from tests.conftest import make_person
from tests.exams.bank.factories import make_figure, make_version, png
from tests.exams.bank.test_views import typed

SPACES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
SVG_OPEN = f'<svg {SPACES} width="40" height="30">'


def svg(body: str = '<path d="M0 0h40"/>', head: str = SVG_OPEN) -> bytes:
    return f"{head}{body}</svg>".encode()


def drawn(file_format: str, **options: object) -> bytes:
    image = Image.new("RGBA", (40, 30), (0, 90, 160, 128))
    image.putpixel((1, 1), (255, 0, 0, 255))
    out = io.BytesIO()
    image.save(out, file_format, **options)
    return out.getvalue()


def refused(data: bytes) -> str:
    with translation.override("th"), pytest.raises(UnfitFigure) as caught:
        examine(data)
    return str(caught.value)


# -- PNG and WebP -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (drawn("PNG"), PNG),
        (drawn("WEBP"), WEBP),
        (drawn("WEBP", lossless=True), WEBP),
        (drawn("WEBP", exif=b"Exif\0\0II*\0answer"), WEBP),
        (svg(), SVG),
    ],
    ids=["png", "webp with alpha", "lossless webp", "extended webp", "svg"],
)
def test_a_picture_is_known_by_its_content_and_stays_what_it_shows(data, media_type):
    picture = examine(data)
    assert (picture.media_type, picture.width, picture.height) == (media_type, 40, 30)
    assert examine(picture.data) == picture
    if media_type != SVG:
        with Image.open(io.BytesIO(data)) as before, Image.open(io.BytesIO(picture.data)) as after:
            assert before.convert("RGBA").tobytes() == after.convert("RGBA").tobytes()


def test_lossy_webp_without_alpha_is_read_too():
    out = io.BytesIO()
    Image.new("RGB", (21, 9), "navy").save(out, "WEBP")
    picture = examine(out.getvalue())
    assert (picture.width, picture.height) == (21, 9)


@pytest.mark.parametrize(
    "data",
    [
        png(3, 2, (b"tEXt", b"Comment\0answer"), (b"eXIf", b"answer")) + b"answer",
        drawn("WEBP", exif=b"Exif\0\0II*\0answer", xmp=b"answer", icc_profile=b"answer" * 40),
        svg("<!-- answer --><title>answer</title><metadata>answer</metadata><path d='M0 0'/>"),
        svg("<x:note xmlns:x='urn:editor' x:a='answer'>answer</x:note>"),
        svg("<path d='M0 0' x:by='answer' xmlns:x='urn:editor'/>"),
        b"<?xml version='1.0'?><?xml-stylesheet href='answer'?>" + svg(),
    ],
    ids=["png", "webp", "svg", "foreign element", "foreign attribute", "style sheet"],
)
def test_what_is_not_drawn_is_taken_out(data):
    assert b"answer" in data
    assert b"answer" not in examine(data).data


@pytest.mark.parametrize("end", [8, 20, 60, -1, -5])
def test_half_a_png_is_refused(end):
    assert "ไฟล์ภาพชำรุด" in refused(drawn("PNG")[:end])


@pytest.mark.parametrize("end", [12, 14, 22, 30, -3])
def test_half_a_webp_is_refused(end):
    assert "ไฟล์ภาพชำรุด" in refused(drawn("WEBP")[:end])


def test_a_png_with_a_wrong_check_sum_is_refused():
    data = bytearray(png(4, 4))
    data[-14] ^= 1
    assert "ไฟล์ภาพชำรุด" in refused(bytes(data))


@pytest.mark.parametrize("file_format", ["PNG", "WEBP"])
def test_a_picture_that_moves_is_refused(file_format):
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, file_format, save_all=True, append_images=frames[1:], duration=100)
    assert "ภาพเคลื่อนไหว" in refused(out.getvalue())


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\xd8\xff\xe0JPEG", b"GIF89a", b"%PDF-1.7", b"<html><p>", png(1, 1)[1:], b"RIFF0000WAVE"],
    ids=["nothing", "jpeg", "gif", "pdf", "html", "no signature", "wave"],
)
def test_other_files_are_refused(data):
    assert refused(data) == "ภาพประกอบต้องเป็นไฟล์ PNG WebP หรือ SVG"


def test_too_large_a_picture_is_refused():
    assert "4001 × 1" in refused(png(4001, 1))
    assert refused(b"\x89PNG\r\n\x1a\n" + bytes(figures.MAX_BYTES)) == (
        "ไฟล์ภาพมีขนาด 301 กิโลไบต์ ใช้ได้ไม่เกิน 300 กิโลไบต์"
    )


STARTS = [b"\x89PNG\r\n\x1a\n", b"RIFF\x40\0\0\0WEBP", b"<svg", SVG_OPEN.encode()]


@given(st.binary(max_size=80), st.sampled_from(STARTS))
def test_no_bytes_do_more_than_be_refused(data, start):
    with contextlib.suppress(UnfitFigure):
        examine(start + data)


# -- SVG --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>",
        "<g><script href='#x'/></g>",
        "<foreignObject><p xmlns='http://www.w3.org/1999/xhtml'>x</p></foreignObject>",
        "<image href='https://example.org/a.png'/>",
        "<image href='data:image/png;base64,AA=='/>",
        "<a href='#x'><path d='M0 0'/></a>",
        "<animate attributeName='x' to='9'/>",
        "<set attributeName='href' to='x'/>",
        "<feImage href='x'/>",
        "<path d='M0 0' onclick='alert(1)'/>",
        "<path d='M0 0' ONLOAD='alert(1)'/>",
        "<use href='https://example.org/a.svg#x'/>",
        "<use xlink:href='other.svg#x'/>",
        "<use xlink:href='javascript:alert(1)'/>",
        "<path d='M0 0' fill='url(https://example.org/a.svg#x)'/>",
        "<path d='M0 0' style='fill:url( &quot;//example.org&quot;)'/>",
        "<path d='M0 0' style='fill:\\75rl(//example.org)'/>",
        "<style>@import '//example.org/a.css';</style>",
        "<style>path { fill: URL(x.svg) }</style>",
        "<g id='a'><use href='#b'/></g><use href='#a'/>",
        "<g id='a'><use href='#a'/></g>",
        "<g>" * 100 + "</g>" * 100,
        "<g>" * 20000 + "</g>" * 20000,
    ],
)
def test_an_svg_that_runs_fetches_or_multiplies_is_refused(body):
    assert refused(svg(body))


@pytest.mark.parametrize(
    "data",
    [
        b'<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + svg("<text>&b;</text>"),
        b'<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + svg("<text>&a;</text>"),
        b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/x.dtd">' + svg(),
    ],
    ids=["entities", "external entity", "public"],
)
def test_an_svg_with_a_document_type_is_refused_with_advice(data):
    assert "plain SVG" in refused(data)


@pytest.mark.parametrize(
    "head",
    [
        '<svg xmlns="http://www.w3.org/2000/svg">',
        '<svg xmlns="http://www.w3.org/2000/svg" width="100%" height="50%">',
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 a b">',
        '<svg xmlns="http://www.w3.org/2000/svg" width="0" height="5">',
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 99999 5">',
        '<svg xmlns="urn:other" width="4" height="5">',
        '<svg width="4" height="5">',
    ],
)
def test_an_svg_that_does_not_say_what_it_is_or_how_large_is_refused(head):
    assert refused(svg(head=head))


@pytest.mark.parametrize("data", [b"<svg", b"<svg><g></svg>", "<svg ภาพ".encode()])
def test_an_svg_that_is_no_xml_is_refused(data):
    assert "ไฟล์ภาพชำรุด" in refused(data)


def test_a_harmless_svg_keeps_its_drawing():
    body = (
        "<defs><linearGradient id='g'><stop offset='0' stop-color='#fff'/></linearGradient>"
        "<path id='p' d='M0 0'/></defs><style>path { fill: url(#g) }</style>"
        "<use xlink:href='#p' x='3'/><text x='1' y='2'>แกน<title>ก</title> x</text>"
    )
    text = examine(svg(body)).data.decode()
    for part in ("linearGradient", "url(#g)", 'xlink:href="#p"', "แกน x", 'viewBox="0 0 40 30"'):
        assert part in text


@pytest.mark.parametrize(
    ("head", "size"),
    [
        ('<svg xmlns="http://www.w3.org/2000/svg" width="40px" height="30.4">', (40, 30)),
        (
            '<svg xmlns="http://www.w3.org/2000/svg" width="210mm" height="297mm" viewBox="0 0 210 297">',
            (210, 297),
        ),
        ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="-5,-5 80.2,60">', (80, 60)),
    ],
)
def test_the_size_of_an_svg_is_what_it_declares(head, size):
    picture = examine(svg(head=head))
    assert (picture.width, picture.height) == size
    assert f'width="{size[0]}"' in picture.data.decode()


# -- Items ------------------------------------------------------------------------------------------
ALT = "กราฟแท่งแสดงจำนวนผู้สอบ พ.ศ. 2566 ถึง 2568"


@pytest.fixture
def author(db):
    return make_person(first_name="ผู้เขียนข้อ", roles=[(Role.REVIEWER, None)])


@pytest.fixture
def draft(bank, author):
    return make_version(bank, author=author, status=ItemStatus.DRAFT)


def upload(data: bytes = png(5, 4), name: str = "x.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def edit_url(version):
    return reverse("bank:edit", args=["law", version.item_id])


@pytest.mark.django_db
def test_the_same_picture_is_kept_once(db):
    assert services.keep_figure(png(5, 4)) == services.keep_figure(png(5, 4, (b"tEXt", b"a\0b")))
    assert Figure.objects.count() == 1


@pytest.mark.django_db
def test_the_database_keeps_no_figure_without_words(bank):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_version(bank, figure=make_figure())
    with pytest.raises(IntegrityError), transaction.atomic():
        make_version(bank, figure_alt=ALT)


@pytest.mark.django_db
def test_the_author_adds_replaces_and_removes_a_figure(bank, draft, author, signed_in):
    client = signed_in(author)
    client.post(edit_url(draft), typed(bank, figure=upload(), figure_alt=ALT))
    version = ItemVersion.objects.get()
    kept = Figure.objects.get(pk=version.figure_id)
    assert (kept.width, kept.height, version.figure_alt) == (5, 4, ALT)

    first = version.figure_id
    data = typed(bank, revision="1", figure=upload(png(6, 4)), figure_kept=first, figure_alt=ALT)
    client.post(edit_url(draft), data)
    version.refresh_from_db()
    assert version.figure_id != first

    data = typed(bank, revision="2", figure_kept=version.figure_id, figure_alt=ALT, figure_remove="on")
    client.post(edit_url(draft), data)
    version.refresh_from_db()
    assert (version.figure_id, version.figure_alt) == (None, "")


@pytest.mark.django_db
def test_a_new_item_may_have_a_figure(bank, author, signed_in):
    client = signed_in(author)
    client.post(
        reverse("bank:create", args=["law"]), typed(bank, figure=upload(svg(), "x.svg"), figure_alt=ALT)
    )
    assert ItemVersion.objects.get().figure == Figure.objects.get(media_type=SVG)


@pytest.mark.django_db
def test_nobody_else_changes_the_figure(bank, draft, signed_in, reviewer, exam_officer, learner):
    for person in (reviewer, exam_officer, learner):
        signed_in(person).post(edit_url(draft), typed(bank, figure=upload(), figure_alt=ALT))
    assert ItemVersion.objects.get().figure_id is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"figure": upload(b"GIF89a")}, "ภาพประกอบต้องเป็นไฟล์ PNG WebP หรือ SVG"),
        ({"figure": upload(b"")}, "ภาพประกอบต้องเป็นไฟล์ PNG WebP หรือ SVG"),
        ({"figure": upload(svg("<script/>"), "x.svg")}, "“script”"),
        ({"figure": upload(bytes(400_000))}, "391 กิโลไบต์"),
        ({"figure_alt": ""}, "เขียนคำบรรยายภาพเป็นภาษาไทย"),
        ({"figure_alt": "a graph"}, "เขียนคำบรรยายภาพเป็นภาษาไทย"),
        ({"figure_alt": "ก" * 501}, "501"),
        ({"figure": ""}, "มีคำบรรยายแต่ไม่มีภาพ"),
        ({"figure": "", "figure_kept": "0" * 64}, "ไม่มีภาพประกอบนี้ในคลังข้อสอบ"),
    ],
)
def test_a_wrong_figure_is_said_to_be_at_its_field(bank, draft, author, signed_in, change, said):
    for file in change.values():
        if isinstance(file, SimpleUploadedFile):
            file.seek(0)
    data = typed(bank, figure=upload(), figure_alt=ALT) | change
    page = signed_in(author).post(edit_url(draft), data).content.decode()
    assert said in page
    assert "error-summary" in page
    assert ItemVersion.objects.get().figure_id is None


@pytest.mark.django_db
def test_a_figure_need_not_be_chosen_again_when_something_else_is_wrong(bank, draft, author, signed_in):
    client = signed_in(author)
    page = client.post(
        edit_url(draft), typed(bank, figure=upload(), figure_alt=ALT, stem="")
    ).content.decode()
    kept = Figure.objects.get()
    assert f'value="{kept.pk}"' in page
    assert kept.data_url in page
    # What was typed comes back as it was typed.
    assert f">\n{ALT}</textarea>" in page
    assert ">\nโครงสร้าง</textarea>" in page
    client.post(edit_url(draft), typed(bank, figure_kept=kept.pk, figure_alt=ALT))
    assert ItemVersion.objects.get().figure == kept


@pytest.mark.django_db
def test_item_page_and_preview_show_the_figure_as_an_image_only(bank, author, reviewer, signed_in):
    figure = services.keep_figure(svg("<text>ในภาพ</text>"))
    version = make_version(bank, author=author, figure=figure, figure_alt='ภาพ "หนึ่ง" <b>')
    client = signed_in(reviewer)
    for name, args in (("item", []), ("preview", [1])):
        page = client.get(reverse(f"bank:{name}", args=["law", version.item_id, *args])).content.decode()
        assert '<img src="data:image/svg+xml;base64,' in page
        assert 'alt="ภาพ &quot;หนึ่ง&quot; &lt;b&gt;" width="40" height="30"' in page
        assert "ในภาพ" not in page


@pytest.mark.django_db
def test_lists_do_not_show_the_pictures(bank, reviewer, signed_in):
    make_version(bank, figure=make_figure(), figure_alt=ALT)
    page = signed_in(reviewer).get(reverse("bank:items", args=["law"])).content.decode()
    assert "data:image/png" not in page
