"""Whatever is uploaded, the answer is a report, and it is given with little memory."""

import io
import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.packages.archive import Archive, unpack
from courses.packages.findings import PackageRefused
from courses.packages.lint import check_upload
from courses.packages.rules import RULES
from courses.packages.sources import open_upload
from tests.courses.packages.factories import GOOD, mp4, package, pdf

_MOST_MEMORY = 64 << 20
UPLOADS = [package(kind).getvalue() for kind in GOOD] + [mp4(), pdf()]


@st.composite
def damaged(draw: st.DrawFn, good: bytes) -> bytes:
    """Return the bytes with some of them changed, left out, doubled or cut off."""
    data = bytearray(good)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        until = draw(st.integers(at, min(at + 64, len(data))))
        match draw(st.sampled_from(["change", "number", "leave out", "double", "cut"])):
            case "change":
                data[at:until] = draw(st.binary(min_size=until - at, max_size=until - at))
            case "number":
                data[at : at + 4] = draw(
                    st.sampled_from([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f"])
                )
            case "leave out":
                del data[at:until]
            case "double":
                data[at:at] = data[at:until]
            case "cut":
                del data[at:]
    return bytes(data)


def answer(data: bytes) -> None:
    """Check and unpack an upload; anything that goes wrong is a refusal with a known code."""
    tracemalloc.start()
    try:
        report = check_upload(io.BytesIO(data), "course.zip")
        told = report.as_dict()
        with suppress(PackageRefused):
            source = open_upload(io.BytesIO(data), "course.zip")
            if isinstance(source, Archive):
                unpack(source, lambda _path, stream: stream.read(), lambda _path: None)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert {entry["code"] for entry in told["errors"] + told["warnings"]} <= set(RULES)
    assert (told["status"] == "errors") == bool(told["errors"])
    assert peak < _MOST_MEMORY


@given(st.binary(max_size=400), st.sampled_from([b"", b"PK\3\4", b"PK\5\6", b"%PDF-", b"\0\0\0\x18ftypisom"]))
def test_any_bytes(data, start):
    answer(start + data)


@pytest.mark.parametrize("good", UPLOADS, ids=[*GOOD, "mp4", "pdf"])
@given(st.data())
def test_damaged_uploads(good, data):
    answer(data.draw(damaged(good)))


@pytest.mark.parametrize("kind", GOOD)
@given(st.data())
def test_damaged_files_in_sound_archives(kind, data):
    name = data.draw(st.sampled_from(list(GOOD[kind])))
    changed = data.draw(damaged(GOOD[kind][name].encode()))
    answer(package(kind, **{name: changed}).getvalue())
