"""A file is what its bytes say."""

import pytest

from courses.packages.sniffing import media_type
from tests.courses.packages.factories import PAGE, mp4, pdf, zipped


@pytest.mark.parametrize(
    ("name", "head", "expected"),
    [
        ("a.txt", PAGE.encode(), "text/html"),
        ("a.html", "สวัสดี".encode("tis-620"), "text/html"),
        ("a.html", b"\xff\xfe" + PAGE.encode("utf-16-le"), "text/html"),
        ("a.xhtml", b'<?xml version="1.0"?>\n<!-- x -->\n<html>', "text/html"),
        ("a.png", b'\xef\xbb\xbf<?xml version="1.0"?><svg>', "image/svg+xml"),
        ("a.xml", b"<a/>", "application/xml"),
        ("a.css", b"BM { }", "text/css"),
        ("a.js", b"MZ = 1", "text/javascript"),
        ("a.exe", b"nothing but text", "text/plain"),
        ("a.mp4", b"", "text/plain"),
        ("a", b"\0\1\2", "application/octet-stream"),
        ("a", b"BM\x9a\0\0\0", "image/bmp"),
        ("a", b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        ("a", b"\0\0\0\x20ftypavif\0\0\0\0", "image/avif"),
        ("a", b"\0\0\0\x20ftypM4A \0\0\0\0", "audio/mp4"),
        ("a", mp4(), "video/mp4"),
        ("a", pdf(), "application/pdf"),
        ("a", zipped({"a": "b"}).getvalue(), "application/zip"),
        ("a.png", b"MZ\x90\0\3\0\0\0\4\0", "application/x-executable"),
        ("a.txt", b"#!/bin/sh", "application/x-server-script"),
        ("a.html", b"\n<?PHP echo 1;", "application/x-server-script"),
    ],
)
def test_a_file_is_what_its_bytes_say(name, head, expected):
    assert media_type(name, head) == expected
