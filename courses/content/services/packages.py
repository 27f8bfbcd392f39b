"""Keep a package: check it, unpack it into the media storage, remember it; or leave nothing behind."""

import hashlib
import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, BinaryIO

import msgspec
import structlog
from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone, translation

from courses.content.errors import PackageUnfit
from courses.content.files import remove_folder
from courses.content.models import StoredPackage, Unpacking
from courses.packages import names, sniffing
from courses.packages.archive import DEFAULT_LIMITS, Limits
from courses.packages.findings import PackageRefused
from courses.packages.lint import Report, check
from courses.packages.package import Package
from courses.packages.sources import Source, open_upload
from learning.people import audit
from learning.people.models import Agency, Person

log = structlog.get_logger(__name__)
_CHUNK = 1 << 20
_ENDING = re.compile(r"[a-z0-9]{1,8}")
# No unpacking takes so long; what is older was killed.
_ABANDONED_AFTER = timedelta(days=1)
# Bytes done, bytes in all.
Progress = Callable[[int, int], object]


def keep(
    file: BinaryIO,
    name: str,
    *,
    owner: Agency,
    actor: Person | None,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress = lambda _done, _all: None,
    now: datetime | None = None,
) -> StoredPackage:
    """Check a package and keep it for an agency; see `keep_once`."""
    return keep_once(file, name, owner=owner, actor=actor, limits=limits, progress=progress, now=now)[0]


def keep_once(
    file: BinaryIO,
    name: str,
    *,
    owner: Agency,
    actor: Person | None,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress = lambda _done, _all: None,
    now: datetime | None = None,
) -> tuple[StoredPackage, bool]:
    """Check a package and keep it; one that the agency has is not kept twice. Say also whether it is new.

    `file` can be read from anywhere in it, and is never read as a whole. Call it outside a transaction: what
    a killed process leaves is found through a row that was committed first. Raises PackageUnfit.
    """
    name = _file_name(name)
    # What is kept is read by whoever looks after the course, not only by who uploaded it.
    with translation.override("th"):
        source, report = _look(file, name, limits)
        said = report.as_dict()
    if source is None or report.package is None or report.errors:
        raise PackageUnfit(report)
    sha256, size = _digest(file)
    if same := StoredPackage.objects.filter(owner=owner, sha256=sha256).first():
        return same, False
    package = StoredPackage(
        owner=owner,
        uploaded_by=actor,
        uploaded_at=now or timezone.now(),
        kind=report.package.kind,
        title=_storable(report.package.title or name)[:300],
        file_name=name,
        size=size,
        sha256=sha256,
        description=_description(report.package),
        report=said,
    )
    Unpacking.objects.create(id=package.id, began_at=package.uploaded_at)
    try:
        _unpack(source, package.folder, progress)
        _remember(package, actor)
    except BaseException as error:
        _remove_files(package)
        if isinstance(error, PackageRefused):
            raise PackageUnfit(replace(report, findings=(*error.findings, *report.findings))) from error
        raise
    return package, True


def discard(package: StoredPackage, *, actor: Person | None, now: datetime) -> None:
    """Remove a package that no unit of any version shows. Raises ProtectedError."""
    identity = StoredPackage(id=package.id)
    with transaction.atomic():
        audit.record(actor, "content.package_discarded", package, file=package.file_name)
        package.delete()
        Unpacking.objects.create(id=identity.id, began_at=now)
    _remove_files(identity)


def remove_abandoned(*, now: datetime) -> int:
    """Remove what killed processes had begun to unpack; return how many packages that were."""
    abandoned = list(Unpacking.objects.filter(began_at__lt=now - _ABANDONED_AFTER))
    for unpacking in abandoned:
        remove_folder(StoredPackage(id=unpacking.id).folder)
        unpacking.delete()
    return len(abandoned)


@transaction.atomic
def _remember(package: StoredPackage, actor: Person | None) -> None:
    package.save(force_insert=True)
    Unpacking.objects.filter(pk=package.id).delete()
    audit.record(
        actor,
        "content.package_kept",
        package,
        kind=package.kind,
        file=package.file_name,
        size=package.size,
        sha256=package.sha256,
        owner=package.owner.code,
    )


def _remove_files(package: StoredPackage) -> None:
    try:
        remove_folder(package.folder)
    except OSError:
        # The storage is away. The row stays, and what it stands for is removed later.
        log.exception("unpacked_files_not_removed", package=str(package.id))
    else:
        Unpacking.objects.filter(pk=package.id).delete()


def _look(file: BinaryIO, name: str, limits: Limits) -> tuple[Source | None, Report]:
    try:
        source = open_upload(file, name, limits)
    except PackageRefused as refused:
        return None, Report(None, refused.findings)
    return source, check(source, platform=settings.PUBLIC_ORIGIN)


def _file_name(name: str) -> str:
    """Return the name of an upload so that it can be the name of a file anywhere."""
    name = names.tidy(name.replace("\\", "/").rpartition("/")[2])
    most = DEFAULT_LIMITS.name_bytes
    if not name or name == ".." or names.fault(name, path_bytes=most, part_bytes=most, folders=1):
        ending = sniffing.ending(name)
        return f"course.{ending}" if _ENDING.fullmatch(ending) else "course"
    return name


def _digest(file: BinaryIO) -> tuple[str, int]:
    digest = hashlib.sha256()
    file.seek(0)
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest(), file.seek(0, io.SEEK_END)


def _description(package: Package) -> dict[str, Any]:
    described = _storable(msgspec.to_builtins(replace(package, files=(), references=())))
    assert isinstance(described, dict)
    return described


def _storable(value: Any) -> Any:
    """Return the value without what PostgreSQL cannot keep and JSON can hold: NUL, halves of letters."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
    if isinstance(value, dict):
        return {key: _storable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(each) for each in value]
    return value


def _unpack(source: Source, folder: str, progress: Progress) -> None:
    total = sum(file.size for file in source.files.values())
    done = 0
    for path, file in source.files.items():
        with source.open(path) as stream:
            # Nobody else writes into this folder, so the name is never taken and stays what it is.
            default_storage.save(f"{folder}{path}", File(stream, name=path))
        done += file.size
        progress(done, total)
