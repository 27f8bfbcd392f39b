"""Photographs: only pictures are kept, and of them only the picture."""

import io
import struct
import zipfile
import zlib

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from exams.registration import pictures
from exams.registration.pictures import NotAPhotograph
from exams.registration.portraits import portrait
from exams.registration.services import photographs
from exams.registration.services.photographs import NotAnArchive
from tests.exams.registration.factories import enter, make_draft, make_round

SECRET = b"13.7563N 100.5018E"


def jpeg(width: int = 120, height: int = 160, *, orientation: int = 1) -> bytes:
    """A JPEG with Exif data that tells a place."""
    picture = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = SECRET.decode()
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif, comment=SECRET)
    return out.getvalue()


def png_with_text() -> bytes:
    body = b"Comment\0" + SECRET
    chunk = struct.pack(">I", len(body)) + b"tEXt" + body + struct.pack(">I", zlib.crc32(b"tEXt" + body))
    data = portrait(1)
    # After the header chunk: 8 bytes of signature, 25 of the chunk.
    return data[:33] + chunk + data[33:]


@pytest.mark.parametrize(("data", "kind"), [(jpeg(), "jpg"), (png_with_text(), "png")])
def test_the_same_picture_stays_and_nothing_beside_it(data, kind):
    assert SECRET in data
    cleaned = pictures.clean(data + b"PK\x03\x04 something else")
    assert cleaned.kind == kind
    assert SECRET not in cleaned.data
    assert b"PK\x03\x04" not in cleaned.data
    before, after = Image.open(io.BytesIO(data)), Image.open(io.BytesIO(cleaned.data))
    assert before.tobytes() == after.tobytes()
    assert pictures.clean(cleaned.data) == cleaned


def test_a_picture_taken_sideways_is_still_shown_upright():
    cleaned = Image.open(io.BytesIO(pictures.clean(jpeg(orientation=6)).data))
    assert dict(cleaned.getexif()) == {0x0112: 6}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"%PDF-1.7",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
        b"GIF89a" + b"\0" * 100,
        b"\xff\xd8",
        b"\xff\xd8\xff\xda\0\2",
        jpeg()[:400],
        b"\xff\xd8" + b"\0" * 200,
        portrait(1)[:-20],
        portrait(1)[:200] + b"x" + portrait(1)[201:],
        b"\x89PNG\r\n\x1a\n",
        jpeg(40, 160),
        jpeg() + b"\0" * pictures.MAX_BYTES,
    ],
    ids=str,
)
def test_what_is_no_photograph_is_refused(data):
    with pytest.raises(NotAPhotograph):
        pictures.clean(data)


def test_portraits_are_pictures_and_differ():
    first, second = (Image.open(io.BytesIO(portrait(seed))) for seed in (1, 2))
    assert first.size == (120, 160)
    assert first.tobytes() != second.tobytes()


@pytest.mark.django_db(transaction=True)
def test_a_new_photograph_takes_the_place_of_the_old(exam_officer):
    [candidate] = enter(make_draft())
    photographs.set_photograph(candidate, portrait(1), actor=exam_officer)
    old = candidate.photograph.name
    photographs.set_photograph(candidate, jpeg(), actor=exam_officer)
    candidate.refresh_from_db()
    assert candidate.photograph.name.endswith(".jpg")
    assert not default_storage.exists(old)


@pytest.mark.django_db
def test_photographs_come_in_a_zip_file_named_by_number(exam_officer):
    round_ = make_round(candidates=2)
    first, second = round_.candidates.all()
    upload = io.BytesIO()
    with zipfile.ZipFile(upload, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"รูป/{first.number}.jpg", jpeg())
        archive.writestr(f"{second.number}.png", b"no picture")
        archive.writestr("999.png", portrait(3))
        archive.writestr(f"{second.number}.jpg", b"\0" * (pictures.MAX_BYTES + 1))
    report = photographs.import_photographs(round_, upload, actor=exam_officer)
    assert report.set == 1
    assert [name for name, _problem in report.problems] == [
        f"{second.number}.png",
        "999.png",
        f"{second.number}.jpg",
    ]
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.photograph
    assert not second.photograph


@pytest.mark.django_db
def test_a_damaged_photograph_does_not_take_the_others_with_it(exam_officer):
    round_ = make_round(candidates=2)
    first, second = round_.candidates.all()
    upload = io.BytesIO()
    with zipfile.ZipFile(upload, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{first.number}.png", portrait(1))
        archive.writestr(f"{second.number}.png", portrait(2))
    # Behind the first one's name: a block of a kind that deflate does not have.
    upload.getbuffer()[30 + len(f"{first.number}.png")] = 0xFF
    report = photographs.import_photographs(round_, upload, actor=exam_officer)
    assert (report.set, [name for name, _problem in report.problems]) == (1, [f"{first.number}.png"])


@pytest.mark.django_db
def test_what_is_no_zip_file_is_refused(exam_officer):
    with pytest.raises(NotAnArchive):
        photographs.import_photographs(make_draft(), io.BytesIO(b"PK no"), actor=exam_officer)
