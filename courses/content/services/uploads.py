"""Uploads in pieces: begun, received, gone on with after any interruption, handed to who asked for them.

The file on the disk says how much is here: it is written to the disk before a piece is acknowledged, and
nothing in the database has to agree with it. One piece at a time is taken, under a lock that dies with its
process.
"""

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Protocol
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone

from courses.content import registry
from courses.content.errors import (
    OffsetDiffers,
    TooManyUploads,
    UploadElsewhere,
    UploadEmpty,
    UploadOver,
    UploadsFull,
    UploadTooLarge,
)
from courses.content.models import StoredPackage, Upload, UploadStatus
from courses.packages.archive import DEFAULT_LIMITS
from learning.people.models import Agency, Person

log = structlog.get_logger(__name__)

# After the last byte that came; then it is swept away.
EXPIRES_AFTER = timedelta(days=1)
_FORGOTTEN_AFTER = timedelta(days=7)
_MOST_UNFINISHED = 5
_MOST_ATTEMPTS = 3
_CHUNK = 1 << 20
# Seconds between two notes of how far a check is.
_NOTED_EVERY = 1.0
_UNDER_WAY = (UploadStatus.RECEIVING, UploadStatus.CHECKING)


class Readable(Protocol):
    """What a piece is read from."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, none at the end."""


def begin(person: Person, *, owner: Agency, destination: str, key: str, name: str, size: int) -> Upload:
    """Begin an upload; the caller has asked the destination.

    Raises UploadEmpty, UploadTooLarge, TooManyUploads, UploadsFull.
    """
    if size <= 0:
        raise UploadEmpty
    if size > DEFAULT_LIMITS.upload:
        raise UploadTooLarge
    # Those being checked count: each takes the time of a process.
    if Upload.objects.filter(person=person, status__in=_UNDER_WAY).count() >= _MOST_UNFINISHED:
        raise TooManyUploads
    folder = Path(settings.UPLOADS_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    disk = os.statvfs(folder)
    if size > disk.f_bavail * disk.f_frsize or size > settings.CONTENT_QUOTA - used_by(owner):
        raise UploadsFull
    upload = Upload(
        person=person, owner=owner, destination=destination, key=key, file_name=name[-255:], size=size
    )
    # Before the row: a row says that there is a file.
    upload.path.touch(exist_ok=False)
    upload.save(force_insert=True)
    return upload


def used_by(owner: Agency) -> int:
    """Return the bytes that an agency has brought, those under way included."""
    kept = StoredPackage.objects.filter(owner=owner).aggregate(bytes=Sum("size"))["bytes"]
    coming = Upload.objects.filter(owner=owner, status__in=_UNDER_WAY).aggregate(bytes=Sum("size"))["bytes"]
    return (kept or 0) + (coming or 0)


def unfinished(person: Person, destination: str, key: str) -> QuerySet[Upload]:
    """Return the uploads that the person could go on with."""
    return Upload.objects.filter(
        person=person, destination=destination, key=key, status=UploadStatus.RECEIVING
    )


def durable_offset(upload: Upload) -> int:
    """Return how many bytes would be here after a power cut too. Raises UploadOver."""
    if upload.status == UploadStatus.DONE:
        return upload.size
    with _opened(upload) as file:
        os.fsync(file.fileno())
        return file.seek(0, os.SEEK_END)


def receive(upload: Upload, offset: int, piece: Readable) -> int:
    """Write a piece, and return how many bytes are here now; what came before a broken connection stays.

    Raises OffsetDiffers, UploadElsewhere, UploadOver, UploadTooLarge, UploadsFull.
    """
    with _opened(upload) as file, _alone(file):
        here = file.seek(0, os.SEEK_END)
        if offset != here:
            raise OffsetDiffers
        try:
            while chunk := piece.read(min(_CHUNK, upload.size - here)):
                file.write(chunk)
                file.flush()
                here += len(chunk)
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise UploadsFull from error
            raise
        finally:
            os.fsync(file.fileno())
        if piece.read(1):
            raise UploadTooLarge
    return here


@transaction.atomic
def complete(upload: Upload, *, now: datetime) -> bool:
    """Say that everything is here; return whether it was said now, so that one check is begun."""
    moved = Upload.objects.filter(pk=upload.pk, status=UploadStatus.RECEIVING).update(
        status=UploadStatus.CHECKING, changed_at=now
    )
    return bool(moved)


def cancel(upload: Upload) -> None:
    """Remove an upload that is not finished. Raises UploadElsewhere, UploadOver."""
    with _opened(upload) as file, _alone(file):
        Upload.objects.filter(pk=upload.pk, status=UploadStatus.RECEIVING).delete()
        upload.path.unlink(missing_ok=True)


def check(upload_id: UUID, *, now: datetime | None = None) -> None:
    """Hand a complete file to its destination; safe to call again, also while another process does it."""
    upload = Upload.objects.select_related("person").get(pk=upload_id)
    destination = registry.destination(upload.destination)
    try:
        with _opened(upload) as file, _alone(file):
            Upload.objects.filter(pk=upload.pk).update(attempts=upload.attempts + 1)
            if destination is None or upload.attempts >= _MOST_ATTEMPTS:
                log.error("upload_not_checked", upload=str(upload.pk), attempts=upload.attempts)
                _end(upload, UploadStatus.FAILED, now=now)
                return
            address = destination.take(upload.key, file, upload.file_name, upload.person, _Noted(upload))
            _end(upload, UploadStatus.DONE, address=address, now=now)
    except (UploadElsewhere, UploadOver):
        return
    except Exception:
        log.exception("upload_check_failed", upload=str(upload.pk))
        _end(upload, UploadStatus.FAILED, now=now)


def waiting_for_check() -> list[UUID]:
    """Return the complete uploads that no process has in hand: one was killed, or never began."""
    found = []
    for upload in Upload.objects.filter(status=UploadStatus.CHECKING):
        try:
            with _opened(upload) as file, _alone(file):
                found.append(upload.pk)
        except UploadElsewhere:
            continue
        except UploadOver:
            _end(upload, UploadStatus.FAILED)
    return found


def sweep(*, now: datetime) -> int:
    """Remove what nobody went on with, and say how many; forget what was finished long ago."""
    removed = 0
    latest = (now - EXPIRES_AFTER).timestamp()
    for upload in Upload.objects.filter(status=UploadStatus.RECEIVING, began_at__lt=now - EXPIRES_AFTER):
        try:
            if upload.path.exists() and upload.path.stat().st_mtime > latest:
                continue
            cancel(upload)
        except UploadOver:
            upload.delete()
        except UploadElsewhere:
            continue
        removed += 1
    Upload.objects.filter(
        status__in=(UploadStatus.DONE, UploadStatus.FAILED), changed_at__lt=now - _FORGOTTEN_AFTER
    ).delete()
    return removed


class _Noted:
    """Notes how far a check is, so often that somebody who watches sees it move."""

    def __init__(self, upload: Upload) -> None:
        self._upload, self._next = upload, 0.0

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _NOTED_EVERY
            Upload.objects.filter(pk=self._upload.pk).update(done=done, total=total)


def _end(upload: Upload, status: str, *, address: str = "", now: datetime | None = None) -> None:
    Upload.objects.filter(pk=upload.pk).update(
        status=status, address=address, changed_at=now or timezone.now()
    )
    upload.path.unlink(missing_ok=True)


@contextmanager
def _opened(upload: Upload) -> Iterator[BinaryIO]:
    try:
        file = upload.path.open("r+b")
    except FileNotFoundError as error:
        raise UploadOver from error
    with file:
        yield file


@contextmanager
def _alone(file: BinaryIO) -> Iterator[None]:
    """Hold the lock of a file. The system gives it back however the process ends."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise UploadElsewhere from error
    yield
