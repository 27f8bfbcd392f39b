"""A ZIP file is looked through before anything of it is used."""

import io
import stat
import struct
import zipfile
import zlib
from dataclasses import replace

import pytest

from courses.packages.archive import DEFAULT_LIMITS, Limits, open_archive, unpack, unpack_into
from courses.packages.findings import PackageRefused
from courses.packages.sources import open_upload
from tests.courses.packages.factories import entry, patched, with_raw_name, zipped

PAGE = "<!doctype html><title>บทที่ 1</title>"


def codes(upload: io.BytesIO, limits: Limits = DEFAULT_LIMITS) -> set[str]:
    with pytest.raises(PackageRefused) as caught:
        open_archive(upload, limits)
    return {finding.code for finding in caught.value.findings}


def test_a_good_archive_tells_its_files_and_what_they_are():
    archive = open_archive(zipped({"index.html": PAGE, "ภาพ/ปก.png": b"\x89PNG\r\n\x1a\n" + b"\0" * 9}))
    assert [(file.path, file.media_type) for file in archive.files.values()] == [
        ("index.html", "text/html"),
        ("ภาพ/ปก.png", "image/png"),
    ]
    assert archive.read("index.html", 1000) == PAGE.encode()


def test_by_products_of_the_authors_computer_are_left_out():
    made = zipped({"a.html": PAGE, "__MACOSX/._a.html": "x", "Thumbs.db": "x", "b/.DS_Store": "x", "c/": ""})
    assert list(open_archive(made).files) == ["a.html"]


# -- Names --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("../evil.html", "path-traversal"),
        ("a/../../evil.html", "path-traversal"),
        ("a\\..\\..\\evil.html", "path-traversal"),
        ("/etc/passwd", "path-absolute"),
        ("\\\\server\\share\\a.html", "path-absolute"),
        ("C:\\course\\a.html", "path-absolute"),
        ("c:a.html", "path-absolute"),
        ("lessons/CON", "name-reserved"),
        ("lessons/lpt1.html", "name-reserved"),
        ("a.html:hidden", "name-reserved"),
        ("exam\u202elmth.exe", "name-unseen"),
        ("a\nb.html", "name-unseen"),
        ("/".join("d" * 40), "path-too-long"),
        ("ก" * 86, "path-too-long"),
        ("/".join(["x" * 200] * 4), "path-too-long"),
    ],
)
def test_a_name_that_means_something_else_elsewhere_is_refused(name, code):
    assert codes(zipped({"index.html": PAGE, name: "x"})) == {code}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Index.html", "index.HTML"),
        ("a/b.html", "A/B.html"),
        ("\u0e33.html", "\u0e4d\u0e32.html"),
        ("caf\u00e9.html", "cafe\u0301.html"),
        ("a.html", "a.html."),
        ("a\\b.html", "a/b.html"),
        ("./a.html", "a.html"),
        ("a", "A/b.html"),
        ("a/b.html", "A"),
    ],
)
def test_two_names_that_some_machine_cannot_tell_apart_are_refused(first, second):
    assert codes(zipped({first: "1", second: "2"})) == {"name-twice"}


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_the_same_name_twice_is_refused():
    assert codes(zipped([("a.html", "1"), ("a.html", "2")])) == {"name-twice"}


def test_backslashes_are_read_as_slashes():
    assert list(open_archive(zipped({"lessons\\one.html": PAGE})).files) == ["lessons/one.html"]


@pytest.mark.parametrize("encoding", ["tis-620", "utf-8"])
def test_thai_names_are_read_from_archives_that_do_not_name_their_encoding(encoding):
    raw = "บทที่1.html".encode(encoding)
    made = with_raw_name("x" * len(raw), raw, {"x" * len(raw): PAGE, "index.html": PAGE})
    archive = open_archive(made)
    assert list(archive.files) == ["บทที่1.html", "index.html"]
    assert archive.read("บทที่1.html", 1000) == PAGE.encode()


def test_other_old_names_are_read_with_the_code_page_of_the_format():
    assert list(open_archive(with_raw_name("xx.html", b"\x82\x84.html", {"xx.html": PAGE})).files) == [
        "éä.html"
    ]


# -- Kinds of entries -----------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFBLK, stat.S_IFCHR, stat.S_IFSOCK])
def test_links_and_devices_are_refused(kind):
    assert codes(zipped([(entry("a.html", mode=kind | 0o777), "/etc/passwd")])) == {"special-file"}


def test_a_password_is_refused():
    assert codes(patched(zipped({"a.html": PAGE}), offset=8, form="<H", value=1)) == {"encrypted"}


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_compression_is_refused(method):
    assert codes(zipped([(entry("a.html", method=method), PAGE)])) == {"compression-unknown"}


# -- Bombs ------------------------------------------------------------------------------------------------
ZEROS = b"\0" * (11 << 20)


def test_a_bomb_by_ratio_is_refused_before_it_goes_off():
    assert codes(zipped({"a.bin": ZEROS, "index.html": PAGE})) == {"zip-bomb"}


def test_many_small_bombs_are_refused_together():
    assert codes(zipped({f"{number}.bin": b"\0" * (2 << 20) for number in range(6)})) == {"zip-bomb"}


def test_a_bomb_by_count_is_refused_without_an_object_for_each_file():
    made = zipped({f"{number}": "" for number in range(30)})
    assert codes(made, replace(DEFAULT_LIMITS, files=29)) == {"too-many-files"}


def test_an_upload_that_unpacks_to_more_than_a_disk_holds_is_refused():
    assert codes(zipped({"a": "12345"}), replace(DEFAULT_LIMITS, unpacked=4)) == {"unpacked-too-large"}


def test_an_upload_that_is_too_large_is_refused_unread():
    with pytest.raises(PackageRefused) as caught:
        open_upload(io.BytesIO(b"12345"), "a.zip", replace(DEFAULT_LIMITS, upload=4))
    assert caught.value.code == "upload-too-large"


def test_archives_inside_may_be_kept_but_not_nested_deeper():
    inner = zipped({"data.csv": "1,2"}).getvalue()
    assert list(open_archive(zipped({"material.zip": inner})).files) == ["material.zip"]
    deeper = zipped({"b.zip": inner}).getvalue()
    assert codes(zipped({"material.zip": deeper})) == {"nested-archive"}
    assert codes(zipped({"page.html": deeper})) == {"nested-archive"}


def test_a_bomb_inside_an_archive_inside_is_refused():
    assert codes(zipped({"material.zip": zipped({"a": ZEROS}).getvalue()})) == {"zip-bomb"}


def overlapping(copies: int = 20) -> io.BytesIO:
    """Return an archive whose entries all share the bytes of the first, as the better zip bomb does."""
    packed = zipped({"a": b"\1\2\3\4" * 1000}).getvalue()
    start = packed.index(b"PK\x01\x02")
    end = packed.index(b"PK\x05\x06")
    directory = packed[start:end] * copies
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, copies, copies, len(directory), start, 0)
    return io.BytesIO(packed[:start] + directory + tail)


def test_files_that_lie_over_each_other_are_refused():
    assert codes(overlapping()) == {"entries-overlap"}


def test_a_name_that_is_not_what_its_mark_says_is_damage():
    upload = zipped({"index.html": PAGE})
    # The local header says UTF-8 and is not; the directory says nothing of the kind.
    data = bytearray(upload.getvalue())
    data[7] |= 0x08
    data[30] = 0x95
    assert codes(io.BytesIO(bytes(data))) == {"archive-damaged"}


def test_no_more_is_read_than_the_directory_says():
    made = patched(zipped({"a.html": PAGE * 100_000}), offset=24, form="<L", value=10)
    assert "archive-damaged" in codes(made)
    # With the checksum made right too, the rest of the file is simply not there.
    lying = patched(made, offset=16, form="<L", value=zlib.crc32(PAGE.encode()[:10]))
    assert open_archive(lying).read("a.html", 1 << 20) == PAGE.encode()[:10]


# -- Other files --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "before", [b"<html><script>alert(1)</script>", b"%PDF-1.7\n", b"MZ\x90\0", b"GIF89a"]
)
def test_a_file_that_is_two_kinds_in_one_is_refused(before):
    assert codes(io.BytesIO(before + zipped({"a.html": PAGE}).getvalue())) == {"polyglot"}


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04", b"PK no", b"\0" * 100, zipped({"a": PAGE}).getvalue()[:-30]]
)
def test_what_is_no_archive_is_refused(data):
    assert codes(io.BytesIO(data)) == {"archive-damaged"}


def test_an_empty_archive_is_refused():
    assert codes(zipped({})) == {"archive-empty"}
    assert codes(zipped({"folder/": ""})) == {"archive-empty"}


def test_all_bad_names_are_told_at_once_and_in_thai():
    with pytest.raises(PackageRefused) as caught:
        open_archive(zipped({"../a": "", "b/CON": "", "c.html": PAGE}))
    assert [finding.file for finding in caught.value.findings] == ["../a", "b/CON"]
    assert "โปรด" in str(caught.value)


# -- Unpacking ------------------------------------------------------------------------------------------
def damaged() -> io.BytesIO:
    """Return an archive whose second file fails when it is read to its end."""
    body = bytes(range(256)) * 40
    made = zipped([("good.html", PAGE), (entry("bad.bin", method=zipfile.ZIP_STORED), body)])
    data = bytearray(made.getvalue())
    data[data.rindex(body) + 9000] ^= 1
    return io.BytesIO(bytes(data))


def test_a_folder_appears_when_it_is_complete(tmp_path):
    unpack_into(open_archive(zipped({"a/ข.html": PAGE, "c.txt": "x"})), tmp_path / "course")
    assert (tmp_path / "course/a/ข.html").read_text() == PAGE
    assert [path.name for path in tmp_path.iterdir()] == ["course"]


def test_a_damaged_file_leaves_nothing_in_the_folder(tmp_path):
    with pytest.raises(PackageRefused) as caught:
        unpack_into(open_archive(damaged()), tmp_path / "course")
    assert [(finding.code, finding.file) for finding in caught.value.findings] == [
        ("archive-damaged", "bad.bin")
    ]
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_leaves_nothing_in_a_storage():
    stored: dict[str, bytes] = {}

    def save(path, stream):
        stored[path] = b"half"
        stored[path] = stream.read()

    with pytest.raises(PackageRefused):
        unpack(open_archive(damaged()), save, stored.pop)
    assert stored == {}


def test_a_storage_that_fails_is_emptied_and_says_so():
    stored: dict[str, bytes] = {}

    def save(path, stream):
        stored[path] = stream.read()
        if len(stored) == 2:
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        unpack(open_archive(zipped({"a": "1", "b": "2", "c": "3"})), save, stored.pop)
    assert stored == {}
