"""Files of the media storage, through Django's storage interface: a local folder, or a bucket as of S3."""

import io
from contextlib import suppress
from http.client import HTTPException
from typing import BinaryIO, cast
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from django.core.files.storage import default_storage

# What is fetched from a bucket at a time; little enough for each reader to have it in memory.
_BLOCK = 1 << 20
_TIMEOUT = 30
_PARTIAL = 206


def open_kept(name: str) -> BinaryIO:
    """Open a file of the storage, to be read from anywhere in it. Raises OSError, ValueError.

    The files of a bucket's own storage class are fetched whole before their first byte is read; here only
    the part of them that is read is.
    """
    try:
        default_storage.path(name)
    except NotImplementedError:
        if urlsplit(default_storage.url(name)).scheme in {"http", "https"}:
            return io.BufferedReader(_InBucket(name), _BLOCK)
    stream = cast("BinaryIO", default_storage.open(name, "rb"))
    stream.seek(0)
    return stream


class _InBucket(io.RawIOBase):
    """A file that the storage gives an address to, read by requests for parts of it.

    No connection stays open between two reads, so whoever pauses a film for an hour can go on.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._size = default_storage.size(name)
        self._at = 0

    def readable(self) -> bool:
        """Say that it is for reading."""
        return True

    def seekable(self) -> bool:
        """Say that it can be read from anywhere."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a byte; nothing is fetched."""
        begins = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}
        self._at = max(0, begins[whence] + offset)
        return self._at

    # typeshed has the buffer as a type of its own that only type checkers see.
    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fetch as much as fits. Raises OSError."""
        length = min(len(buffer), self._size - self._at)
        if length <= 0:
            return 0
        # Signed addresses end, so each request has a new one.
        request = Request(default_storage.url(self._name))  # noqa: S310
        request.add_header("Range", f"bytes={self._at}-{self._at + length - 1}")
        try:
            with urlopen(request, timeout=_TIMEOUT) as response:  # noqa: S310
                data = response.read(length) if response.status == _PARTIAL else b""
        except HTTPException as error:
            raise OSError(str(error)) from error
        if len(data) != length:
            raise OSError(f"The storage gave {len(data)} of {length} bytes")
        buffer[:length] = data
        self._at += length
        return length


def in_other_case(folder: str, path: str) -> str:
    """Return the path of a file that differs only in capital letters; as it is where there is none.

    Many authors' computers find it, so their pages name it as they like. No package has two such files.
    """
    found = ""
    for part in path.split("/"):
        try:
            folders, names = default_storage.listdir(f"{folder}{found}")
        except (OSError, ValueError):
            return path
        same = next((name for name in (*folders, *names) if name.casefold() == part.casefold()), None)
        if same is None:
            return path
        found = f"{found}/{same}" if found else same
    return found


def remove_folder(folder: str) -> None:
    """Remove a folder with everything in it; what is not there is no fault."""
    folder = folder.rstrip("/")
    try:
        folders, names = default_storage.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return
    for name in names:
        default_storage.delete(f"{folder}/{name}")
    for name in folders:
        remove_folder(f"{folder}/{name}")
    # A bucket has no folders, a disk has.
    with suppress(OSError):
        default_storage.delete(folder)
