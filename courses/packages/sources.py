"""Where the files of a package are read from: an archive, or one file that is a course by itself. Pure."""

import io
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import BinaryIO, Protocol

from courses.packages import sniffing
from courses.packages.archive import DEFAULT_LIMITS, Limits, open_archive
from courses.packages.findings import Finding, PackageRefused
from courses.packages.package import File

_ENDINGS = {sniffing.MP4: ("mp4", "m4v"), sniffing.PDF: ("pdf",)}


class Source(Protocol):
    """What readers need: which files there are, and their bytes."""

    @property
    def files(self) -> Mapping[str, File]:
        """Return the files by their path."""

    def open(self, path: str) -> AbstractContextManager[BinaryIO]:
        """Open a file. Raises PackageRefused, also while it is read, when it is damaged."""

    def read(self, path: str, most: int) -> bytes:
        """Return the first `most` bytes of a file."""


class OneFile:
    """A video, a document or a course structure that was uploaded as it is."""

    def __init__(self, upload: BinaryIO, name: str, size: int, media_type: str) -> None:
        self._upload = upload
        self.files = {name: File(name, size, media_type)}

    @contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        """Open the file; it stays open for the next reader."""
        assert path in self.files, path
        self._upload.seek(0)
        yield self._upload

    def read(self, path: str, most: int) -> bytes:
        """Return the first `most` bytes."""
        with self.open(path) as stream:
            return stream.read(most)


def open_upload(upload: BinaryIO, name: str, limits: Limits = DEFAULT_LIMITS) -> Source:
    """Open an upload of any kind, told from its content; `name` names what has no names inside.

    Raises PackageRefused.
    """
    size = upload.seek(0, io.SEEK_END)
    if size > limits.upload:
        raise PackageRefused(Finding("upload-too-large", values={"limit": limits.upload >> 20}))
    upload.seek(0)
    media_type = sniffing.media_type(name, upload.read(sniffing.HEAD))
    if media_type == sniffing.ZIP or zipfile.is_zipfile(upload):
        # Also when something stands before it; there the archive is refused for being two in one.
        return open_archive(upload, limits)
    if media_type == sniffing.XML:
        # A course structure by itself, whose lessons are all kept elsewhere (cmi5, 14.2).
        return OneFile(upload, "cmi5.xml", size, media_type)
    name = name.replace("\\", "/").rpartition("/")[2] or "course"
    if media_type not in {sniffing.MP4, sniffing.PDF}:
        raise PackageRefused(_what_it_is_instead(name, media_type))
    if sniffing.ending(name) not in _ENDINGS[media_type]:
        # It will be served as what its name says: a document that is a page too must not become one.
        name = f"{name}.{_ENDINGS[media_type][0]}"
    return OneFile(upload, name, size, media_type)


def _what_it_is_instead(name: str, media_type: str) -> Finding:
    """Say of what people bring most often how it can be brought."""
    if media_type == sniffing.OLE:
        return Finding("office-document")
    if media_type in sniffing.OTHER_ARCHIVES:
        return Finding("other-archive")
    if media_type.startswith("video/"):
        return Finding("not-a-video", name, {"why": media_type.removeprefix("video/").removeprefix("x-")})
    return Finding("not-a-package")
