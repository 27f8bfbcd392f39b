"""Open an uploaded ZIP file without trusting anything it says, and unpack it or leave nothing behind. Pure.

Python's zipfile reads the format; what stands here is what it lets pass: names that lead out, entries that
lie over each other, sizes that no disk has, bytes that make the file something else for another program.
"""

import os
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfileobj
from typing import BinaryIO, cast

from courses.packages import names, sniffing
from courses.packages.findings import Finding, PackageRefused
from courses.packages.package import File

_LOCAL_HEADER = b"PK\x03\x04"
_LOCAL_HEADER_BYTES = 30
_DIRECTORY_ENTRY = b"PK\x01\x02"
_FLAG_ENCRYPTED = 0x1 | 0x40
_FLAG_UTF8 = 0x800
# The two methods that every program writes; the others need far more memory to read.
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ARCHIVE_ENDINGS = {"zip", "jar", "7z", "rar", "gz", "tgz", "bz2", "xz", "tar", "zst"}
# What zipfile raises over bytes that are not what they should be; over the directory also what follows from
# numbers that nobody wrote, OSError among them when it seeks to before the beginning.
_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, UnicodeDecodeError)
_NO_DIRECTORY = (*_DAMAGE, ValueError, OverflowError, OSError)


@dataclass(frozen=True)
class Limits:
    """How much a package may be; sizes in bytes."""

    upload: int = 2 << 30
    unpacked: int = 8 << 30
    files: int = 20_000
    # Pages and drawings of honest packages shrink to a twentieth, a bomb to a thousandth. Small files may
    # shrink as they like: a page of blanks hurts nobody.
    ratio: int = 300
    ratio_in_total: int = 100
    ratio_counts_from: int = 10 << 20
    # An archive inside is something for learners to keep. We never unpack it; one more inside that is a trap.
    nesting: int = 1
    nested: int = 200 << 20
    # Thai takes three bytes a letter. S3 allows 1,024 bytes with our own folders before them.
    path_bytes: int = 700
    name_bytes: int = 255
    folders: int = 30


DEFAULT_LIMITS = Limits()


class Archive:
    """A ZIP file that was looked through; `files` by their path, in the order of the archive."""

    def __init__(self, zip_file: zipfile.ZipFile, entries: Mapping[str, zipfile.ZipInfo]) -> None:
        self._zip = zip_file
        self._entries = entries
        self.files = {
            path: File(path, entry.file_size, sniffing.media_type(path, self.read(path, sniffing.HEAD)))
            for path, entry in entries.items()
        }

    @contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        """Open a file of the archive. Raises PackageRefused, also while it is read, when it is damaged."""
        try:
            with self._zip.open(self._entries[path]) as stream:
                # It ends where the directory says, and fails there if these were not all bytes (CRC).
                yield cast("BinaryIO", stream)
        except _DAMAGE as error:
            raise PackageRefused(Finding("archive-damaged", path)) from error

    def read(self, path: str, most: int) -> bytes:
        """Return the first `most` bytes of a file."""
        with self.open(path) as stream:
            return stream.read(most)


def open_archive(upload: BinaryIO, limits: Limits = DEFAULT_LIMITS) -> Archive:
    """Look an upload through as far as can be done without unpacking it. Raises PackageRefused."""
    zip_file = _read_directory(upload, limits)
    _refuse_if(_unfit_as_a_whole(upload, zip_file, limits))
    entries = zip_file.infolist()
    _name(entries)
    _refuse_if([*_unfit_entries(entries, limits), *_too_much(entries, limits)])
    paths = [(names.tidy(entry.filename), entry) for entry in entries]
    files = [(path, entry) for path, entry in paths if names.is_file(path)]
    if not files:
        raise PackageRefused(Finding("archive-empty"))
    twins = names.twins(path for path, _entry in files)
    _refuse_if(Finding("name-twice", path, {"other": other}) for path, other in twins)
    archive = Archive(zip_file, dict(files))
    _refuse_if(_nested_bombs(archive, limits))
    return archive


def unpack(
    archive: Archive, save: Callable[[str, BinaryIO], object], remove: Callable[[str], object]
) -> None:
    """Hand every file to `save`; if anything fails, `remove` what was saved, the broken one included.

    Raises PackageRefused when a file is damaged, and whatever `save` raises.
    """
    begun: list[str] = []
    try:
        for path in archive.files:
            begun.append(path)
            with archive.open(path) as stream:
                save(path, stream)
    except BaseException:
        for path in begun:
            with suppress(OSError):
                remove(path)
        raise


def unpack_into(archive: Archive, folder: Path) -> None:
    """Unpack into a new folder, which appears only when it is complete. Raises PackageRefused, OSError."""
    with tempfile.TemporaryDirectory(prefix=".unpacking-", dir=folder.parent) as work:
        unfinished = Path(work) / "package"
        for path in archive.files:
            target = unfinished / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(path) as stream, target.open("xb") as out:
                copyfileobj(stream, out)
        os.replace(unfinished, folder)  # noqa: PTH105


def _read_directory(upload: BinaryIO, limits: Limits, path: str = "") -> zipfile.ZipFile:
    """Read the list of entries. Raises PackageRefused."""
    guarded = _Guarded(upload, limits)
    try:
        zip_file = zipfile.ZipFile(cast("BinaryIO", guarded))
    except _NO_DIRECTORY as error:
        raise PackageRefused(Finding("archive-damaged", path)) from error
    guarded.is_reading_directory = False
    return zip_file


class _Guarded:
    """The upload as zipfile sees it: a directory for more files than allowed is not even read.

    zipfile takes the whole directory in one read and makes an object of every entry, before anybody can
    count them.
    """

    def __init__(self, upload: BinaryIO, limits: Limits) -> None:
        self._upload, self._files = upload, limits.files
        self.seek, self.tell, self.seekable = upload.seek, upload.tell, upload.seekable
        self.is_reading_directory = True

    def read(self, size: int = -1) -> bytes:
        """Read like the upload. Raises PackageRefused for a directory that is too long."""
        if not self.is_reading_directory:
            return self._upload.read(size)
        # An entry takes 46 bytes and a name. The end of the file, where zipfile looks first, is shorter.
        most = max(self._files * 512, 1 << 20)
        data = self._upload.read(most + 1 if size < 0 else min(size, most + 1))
        if len(data) > most or data.count(_DIRECTORY_ENTRY) > self._files:
            raise PackageRefused(Finding("too-many-files", values={"limit": self._files}))
        return data


def _refuse_if(found: Iterator[Finding] | Sequence[Finding]) -> None:
    if findings := list(found):
        raise PackageRefused(*findings)


def _name(entries: Sequence[zipfile.ZipInfo]) -> None:
    """Give entries the names that were meant, whole and in the right letters."""
    unmarked = [entry for entry in entries if not entry.flag_bits & _FLAG_UTF8]
    # zipfile took these for code page 437, which keeps every byte.
    decoded = names.decode([entry.orig_filename.encode("cp437") for entry in unmarked])
    for entry in entries:
        entry.filename = entry.orig_filename
    for entry, name in zip(unmarked, decoded, strict=True):
        entry.filename = name


def _unfit_as_a_whole(upload: BinaryIO, zip_file: zipfile.ZipFile, limits: Limits) -> Iterator[Finding]:
    """Find what makes this no plain ZIP file: other bytes before the first entry, entries over each other."""
    entries = sorted(zip_file.infolist(), key=lambda entry: entry.header_offset)
    if len(entries) > limits.files:
        yield Finding("too-many-files", values={"limit": limits.files})
    if not entries:
        yield Finding("archive-empty")
        return
    upload.seek(0)
    if upload.read(len(_LOCAL_HEADER)) != _LOCAL_HEADER or entries[0].header_offset != 0:
        yield Finding("polyglot")
    ends = [entry.header_offset for entry in entries[1:]] + [zip_file.start_dir]
    for entry, end in zip(entries, ends, strict=True):
        # At least this long: the header here may have more beside the name.
        least = _LOCAL_HEADER_BYTES + len(entry.orig_filename) + entry.compress_size
        if entry.header_offset + least > end:
            yield Finding("entries-overlap", entry.orig_filename)
            return


def _unfit_entries(entries: Sequence[zipfile.ZipInfo], limits: Limits) -> Iterator[Finding]:
    most = {"path_bytes": limits.path_bytes, "part_bytes": limits.name_bytes, "folders": limits.folders}
    for entry in entries:
        name = entry.filename
        if code := names.fault(name, **most):
            yield Finding(code, name, {"limit": limits.path_bytes})
        if entry.flag_bits & _FLAG_ENCRYPTED:
            yield Finding("encrypted", name)
        elif entry.compress_type not in _METHODS:
            yield Finding("compression-unknown", name)
        if stat.S_IFMT(entry.external_attr >> 16) not in {0, stat.S_IFREG, stat.S_IFDIR}:
            yield Finding("special-file", name)


def _too_much(entries: Sequence[zipfile.ZipInfo], limits: Limits) -> Iterator[Finding]:
    """Judge the sizes that the directory states; no more than these are ever read."""
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if unpacked > limits.unpacked:
        yield Finding("unpacked-too-large", values={"limit": limits.unpacked >> 20})
    elif unpacked > max(limits.ratio_counts_from, packed * limits.ratio_in_total):
        yield Finding("zip-bomb", values={"limit": limits.ratio_in_total})
    for entry in entries:
        if entry.file_size > max(limits.ratio_counts_from, entry.compress_size * limits.ratio):
            yield Finding("zip-bomb", entry.filename, {"limit": limits.ratio})


def _nested_bombs(archive: Archive, limits: Limits) -> Iterator[Finding]:
    """Find archives in the archive that hold archives again, or unpack to more than they could honestly."""
    for path, file in archive.files.items():
        if file.media_type != sniffing.ZIP:
            continue
        if limits.nesting < 1 or file.size > limits.nested:
            yield Finding("nested-archive", path)
            continue
        with archive.open(path) as stream:
            inner = _read_directory(stream, limits, path).infolist()
        if any(sniffing.ending(entry.filename) in _ARCHIVE_ENDINGS for entry in inner):
            yield Finding("nested-archive", path)
        for finding in _too_much(inner, limits):
            yield Finding(finding.code, path, finding.values)
