"""Files in a bucket are read in parts, never fetched whole before the first byte."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from courses.content import serving
from courses.content.files import open_kept
from courses.content.services.packages import keep
from courses.packages import mp4
from tests.courses.content.buckets import GIVEN, HELD, Bucket
from tests.courses.packages import factories

MB = 1 << 20
FILM = factories.mp4(seconds=60, media=20 * MB)


@pytest.fixture(autouse=True)
def bucket(settings) -> Iterator[None]:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "tests.courses.content.buckets.BucketStorage"},
    }
    with Bucket():
        yield


def _ask(package, path: str, asked: str = "") -> serving.Answer:
    address = urlsplit(serving.address(package, path))
    return serving.answer(address.netloc, "GET", unquote(address.path), {"range": asked} if asked else {})


def _body(answer: serving.Answer) -> bytes:
    assert answer.stream is not None
    with answer.stream as stream:
        stream.seek(answer.start)
        return stream.read(answer.length)


@pytest.mark.django_db
def test_a_jump_in_a_film_fetches_what_is_shown(department, tmp_path):
    path = tmp_path / "film.mp4"
    path.write_bytes(FILM)
    with path.open("rb") as file:
        package = keep(file, "film.mp4", owner=department, actor=None)
    GIVEN.clear()
    answer = _ask(package, "film.mp4", f"bytes={10 * MB}-{10 * MB + 99}")
    assert (answer.status, answer.headers["Content-Range"]) == (
        206,
        f"bytes {10 * MB}-{10 * MB + 99}/{len(FILM)}",
    )
    assert GIVEN == []
    assert _body(answer) == FILM[10 * MB : 10 * MB + 100]
    assert sum(GIVEN) <= MB
    assert _body(_ask(package, "film.mp4")) == FILM
    assert _ask(package, "not-there.mp4").status == 404


def test_the_length_of_a_film_is_told_from_its_parts():
    name = default_storage.save("units/film.mp4", ContentFile(FILM))
    with open_kept(name) as stream:
        assert mp4.probe(stream, len(FILM)).duration.total_seconds() == 60
    assert sum(GIVEN) <= 3 * MB


def test_reads_go_on_across_blocks_and_end_at_the_end():
    HELD["a"] = bytes(range(256)) * (MB // 100)
    with open_kept("a") as stream:
        assert stream.read() == HELD["a"]
        assert stream.read() == b""
        stream.seek(-3, 2)
        assert stream.read(9) == HELD["a"][-3:]
        stream.seek(len(HELD["a"]) + 5)
        assert stream.read(1) == b""


def test_a_file_that_is_not_there_is_not_found():
    with pytest.raises(FileNotFoundError):
        open_kept("packages/x/index.html")


def test_what_goes_in_the_meantime_is_an_error_of_reading():
    HELD["a"] = b"abc"
    with open_kept("a") as stream:
        HELD.clear()
        with pytest.raises(OSError, match="404"):
            stream.read()


def test_a_bucket_that_knows_no_parts_is_no_silent_damage():
    with Bucket(gives_parts=False):
        HELD["a"] = bytes(3 * MB)
        with open_kept("a") as stream, pytest.raises(OSError, match="0 of"):
            stream.read(10)
