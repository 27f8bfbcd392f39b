"""Bundles are served as a good static server would."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exams.papers.delivery import respond

DATA = b"0123456789"
NAME = "a" * 64
ETAG = f'"{NAME}"'


def ask(method: str = "GET", **headers: str):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return respond(DATA, NAME, named, method=method)


def test_the_whole_bundle_may_be_kept_for_ever_by_everybody():
    reply = ask()
    assert (reply.status, reply.body) == (200, DATA)
    assert reply.headers["ETag"] == ETAG
    assert reply.headers["Cache-Control"] == "public, max-age=31536000, immutable, no-transform"
    assert reply.headers["Content-Length"] == "10"
    assert reply.headers["Accept-Ranges"] == "bytes"
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert not {"set-cookie", "vary"} & {name.lower() for name in reply.headers}


def test_head_tells_the_length_and_sends_nothing():
    reply = ask("HEAD", range="bytes=0-1")
    assert (reply.status, reply.body, reply.headers["Content-Length"]) == (200, b"", "10")


def test_other_methods_are_refused():
    assert ask("POST").status == 405
    assert ask("DELETE").headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("tags", [ETAG, f"W/{ETAG}", f'"other", {ETAG}', "*"])
def test_who_has_it_already_gets_nothing_again(tags):
    reply = ask(if_none_match=tags, range="bytes=0-1")
    assert (reply.status, reply.body) == (304, b"")
    assert reply.headers["ETag"] == ETAG


@pytest.mark.parametrize("tags", ['"other"', NAME, ""])
def test_who_has_something_else_gets_it(tags):
    assert ask(if_none_match=tags).status == 200


@pytest.mark.parametrize(
    ("asked", "body", "content_range"),
    [
        ("bytes=0-3", b"0123", "bytes 0-3/10"),
        ("bytes=4-", b"456789", "bytes 4-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=-99", DATA, "bytes 0-9/10"),
        ("bytes=8-99", b"89", "bytes 8-9/10"),
        ("bytes=9-9", b"9", "bytes 9-9/10"),
        ("Bytes= 1-2 ", b"12", "bytes 1-2/10"),
    ],
)
def test_a_range_is_answered_with_its_part(asked, body, content_range):
    reply = ask(range=asked)
    assert (reply.status, reply.body) == (206, body)
    assert reply.headers["Content-Range"] == content_range
    assert reply.headers["Content-Length"] == str(len(body))


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=10-12", "bytes=-0", "bytes=999999999999999999-"])
def test_a_range_behind_the_end_is_not_satisfiable(asked):
    reply = ask(range=asked)
    assert (reply.status, reply.body) == (416, b"")
    assert reply.headers["Content-Range"] == "bytes */10"


@pytest.mark.parametrize(
    "asked",
    ["bytes=0-1,4-5", "bytes=5-2", "bytes=99-2", "bytes=-", "bytes", "lines=0-1", "bytes=a-b", "bytes=0x1-2",
     "bytes=" + "9" * 400 + "-", "bytes=๑-๒", ""],
)  # fmt: skip
def test_what_is_no_single_range_is_answered_with_the_whole(asked):
    reply = ask(range=asked)
    assert (reply.status, reply.body) == (200, DATA)
    assert "Content-Range" not in reply.headers


def test_a_download_is_resumed_only_from_the_same_file():
    assert ask(range="bytes=4-", if_range=ETAG).status == 206
    assert ask(range="bytes=4-", if_range='"other"').body == DATA
    assert ask(range="bytes=4-", if_range=f"W/{ETAG}").body == DATA


@given(st.integers(0, 12), st.integers(1, 12))
def test_parts_put_together_are_the_whole(start, length):
    parts, at = b"", 0
    for size in (start, length, 99):
        reply = ask(range=f"bytes={at}-{at + size}")
        parts += reply.body if reply.status == 206 else b""
        at += size + 1
    assert parts == DATA


@given(st.text(), st.text(), st.text())
def test_no_header_makes_it_fail(asked, tags, condition):
    reply = respond(DATA, NAME, {"range": asked, "if-none-match": tags, "if-range": condition})
    assert reply.status in {200, 206, 304, 416}
