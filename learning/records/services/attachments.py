"""Data of attachments: kept in media storage under their hash, so that the same data are kept once."""

import os
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage


def _name(sha2: str) -> str:
    return f"xapi/{sha2[:2]}/{sha2}"


def keep(files: dict[str, bytes]) -> None:
    """Keep data under their hashes, durably, before a statement that refers to them is acknowledged."""
    for sha2, content in files.items():
        name = _name(sha2)
        if default_storage.exists(name):
            continue
        saved = default_storage.save(name, ContentFile(content))
        if saved != name:
            # Another process was quicker with the same data.
            default_storage.delete(saved)
            continue
        _flush(saved)


def _flush(name: str) -> None:
    """Make sure that a file on a disk of ours survives a power cut; other storages promise it themselves."""
    try:
        path = Path(default_storage.path(name))
    except NotImplementedError:
        return
    for each in (path, path.parent):
        handle = os.open(each, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def read(sha2: str) -> bytes | None:
    """Return the data of a hash, None where they are gone."""
    try:
        with default_storage.open(_name(sha2), "rb") as file:
            content: bytes = file.read()
            return content
    except FileNotFoundError:
        return None


def remove(sha2: str) -> None:
    """Delete data that no statement refers to any more."""
    default_storage.delete(_name(sha2))
