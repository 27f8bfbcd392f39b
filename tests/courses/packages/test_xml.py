"""The XML of strangers is read up to its first trick, and no further."""

import io
import tracemalloc

import pytest
from django.utils import translation

from courses.packages.findings import PackageRefused
from courses.packages.xml import DEFAULT_LIMITS, parse


class Endless(io.BytesIO):
    """As much XML as is asked for, none of it kept."""

    def __init__(self, start: bytes, repeated: bytes, total: int) -> None:
        super().__init__()
        self._rest, self._repeated, self._left = start, repeated, total
        self.given = 0

    def read(self, size: int | None = -1) -> bytes:
        if self._left <= 0:
            return b""
        more = self._rest or self._repeated * ((size or 0) // len(self._repeated))
        self._rest = b""
        self._left -= len(more)
        self.given += len(more)
        return more


def why(data: bytes) -> str:
    with pytest.raises(PackageRefused) as caught, translation.override("th"):
        parse(io.BytesIO(data), "imsmanifest.xml")
    with translation.override("th"):
        return caught.value.findings[0].message


def refusal(data: bytes | Endless) -> tuple[str, int]:
    stream = io.BytesIO(data) if isinstance(data, bytes) else data
    with pytest.raises(PackageRefused) as caught:
        parse(stream, "imsmanifest.xml")
    [finding] = caught.value.findings
    return finding.code, finding.line


def test_elements_know_their_lines():
    root = parse(io.BytesIO(b'<a>\n<b x:C="1" xmlns:x="urn:x"> t\n</b>\n\n<B/></a>'), "x.xml")
    assert [(child.name, child.line) for child in root.all("b")] == [("b", 2), ("B", 5)]
    assert root.children[0].get("c") == "1"
    assert root.text_of("b") == "t"


def test_an_element_can_be_written_out_alone():
    root = parse(io.BytesIO(b'<a xmlns:s="urn:s"><s:b s:c="&lt;">1<d/></s:b></a>'), "x.xml")
    again = parse(io.BytesIO(root.children[0].as_text().encode()), "x.xml")
    assert (again.name, again.namespace, again.attributes) == ("b", "urn:s", {("urn:s", "c"): "<"})
    assert again.text == "1"
    assert [child.name for child in again.children] == ["d"]


LAUGHS = b"""<?xml version="1.0"?>
<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<a>&b;</a>"""


@pytest.mark.parametrize(
    "data",
    [
        LAUGHS,
        b'<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b'<?xml version="1.0"?>\n<!DOCTYPE a SYSTEM "http://example.org/a.dtd"><a/>',
        b'<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY % x SYSTEM "http://example.org/"> %x;]><a/>',
    ],
    ids=["laughs", "file", "address", "parameter"],
)
def test_document_types_and_entities_are_refused(data):
    assert refusal(data) == ("xml-doctype", 2)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"", 1),
        (b"<a>\n<b></a>", 2),
        (b"<a>\n&x;</a>", 2),
        (b"<a>\n<x:b/></a>", 2),
        (b"<a/>\n<b/>", 2),
        (b"<a>\n\0</a>", 2),
        (b"no XML", 1),
        (b'<?xml version="1.0" encoding="big5"?><a/>', 1),
        (b'<?xml version="1.0" encoding="no-such"?><a/>', 1),
        ("<a>ก</a>".encode("tis-620"), 1),
    ],
)
def test_what_is_no_xml_is_refused_with_its_line(data, line):
    assert refusal(data) == ("xml-malformed", line)


def test_depth_is_limited():
    assert refusal(b"<a>\n" * 61 + b"</a>" * 61) == ("xml-too-large", 61)


@pytest.mark.parametrize(
    ("start", "repeated"),
    [
        (b"<a>", b"<b/>"),
        (b"<a>", b"text "),
        (b"<a x='", b"text "),
        (b"<a><!--", b"text "),
        (b"<a><![CDATA[", b"text "),
        (b"<", b"a"),
        (b"<a>", b"<b c='1' d='2' e='3'></b>"),
        (b"<a>", b"<?b c?>"),
    ],
    ids=["elements", "text", "attribute", "comment", "cdata", "name", "attributes", "instructions"],
)
def test_a_gigabyte_of_xml_is_not_read_to_its_end(start, repeated):
    stream = Endless(start, repeated, 1 << 30)
    tracemalloc.start()
    try:
        code, _line = refusal(stream)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert code == "xml-too-large"
    assert stream.given <= DEFAULT_LIMITS.size + (1 << 17)
    assert peak < 400 << 20


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "ไม่มี XML"),
        (b"no XML", "ไม่มี XML"),
        (b"<a>\n<b>", "จบก่อนที่จะปิดแท็กครบ"),
        (b"<a>\n<b></a>", "แท็กปิดไม่ตรง"),
        (b"<a>R&D</a>", "&amp;"),
        (b"<a>&nbsp;</a>", "เอนทิตี"),
        (b"<a><adlcp:b/></a>", "xmlns"),
        (b'<a b="1" b="2"/>', "แอตทริบิวต์"),
        (b"<a/><b/>", "ต่อท้าย"),
        ("<a>ก</a>".encode("tis-620"), "UTF-8"),
        ('<?xml version="1.0" encoding="UTF-8"?><a>ก</a>'.encode("tis-620"), "UTF-8"),
        (b'<?xml version="1.0" encoding="no-such"?><a/>', "UTF-8"),
        # A piece that begins in the middle of a letter is not in another encoding.
        (("<a>" + "ก" * 30_000 + "&</a>").encode(), "&amp;"),
    ],
)
def test_the_reason_is_said_in_words_that_authors_know(data, words):
    assert words in why(data)


@pytest.mark.parametrize("named", ["utf-8", "UTF-16", "unicode", ""])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_read_whatever_the_file_says_of_it(encoding, named):
    declaration = f'<?xml version="1.0" encoding="{named}"?>\n' if named else ""
    text = f"{declaration}<a>{'ก' * 70_000}</a>"
    assert parse(io.BytesIO(text.encode(encoding)), "x.xml").text == "ก" * 70_000


def test_utf_16_that_is_cut_in_the_middle_of_a_letter_is_refused():
    assert refusal("<a>ก</a>".encode("utf-16")[:-1])[0] == "xml-malformed"
