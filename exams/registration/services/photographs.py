"""Photographs of candidates: set singly, or many at once from a ZIP file named by candidate number."""

import lzma
import secrets
import struct
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import BinaryIO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from exams.registration import pictures
from exams.registration.models import Candidate, Round
from learning import thai
from learning.errors import DomainError
from learning.people import audit
from learning.people.models import Person

MAX_FILES = 20_000
# What zipfile and the unpackers raise over a broken, locked or oddly packed file; none has one error for it.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    RuntimeError,
    NotImplementedError,
    ValueError,
    OSError,
    EOFError,
)
_NAMED = 200


class NotAnArchive(DomainError):
    """The upload is no ZIP file, or has too many files in it."""

    code = "not_an_archive"
    status = 422
    message = _(
        "This is not a ZIP file of at most 20,000 photographs. Put the photographs, each named by its "
        "candidate number, into a ZIP file without a password."
    )


@dataclass
class Report:
    """What an import did: how many photographs were set, and (file, what is wrong with it) for the rest."""

    set: int = 0
    problems: list[tuple[str, str | Promise]] = field(default_factory=list)


@transaction.atomic
def set_photograph(candidate: Candidate, data: bytes, *, actor: Person | None) -> None:
    """Check a photograph, keep it without its metadata, and drop the one before. Raises NotAPhotograph."""
    picture = pictures.clean(data)
    before = candidate.photograph.name
    # A random name, lest a bucket that was opened by mistake be read by counting.
    candidate.photograph.save(
        f"{secrets.token_hex(16)}.{picture.kind}", ContentFile(picture.data), save=False
    )
    candidate.save(update_fields=["photograph"])
    audit.record(actor, "registration.photograph_set", candidate)
    if before:
        transaction.on_commit(lambda: default_storage.delete(before))


def import_photographs(round_: Round, upload: BinaryIO, *, actor: Person) -> Report:
    """Set the photographs in a ZIP file, each named by its candidate number; bad ones are reported.

    Raises NotAnArchive.
    """
    try:
        archive = zipfile.ZipFile(upload)
    except _BROKEN as error:
        raise NotAnArchive from error
    members = [member for member in archive.infolist() if not member.is_dir()]
    if len(members) > MAX_FILES:
        raise NotAnArchive
    candidates = {each.number: each for each in round_.candidates.all()}
    report = Report()
    with archive:
        for member in members:
            number = thai.to_arabic_numerals(PurePosixPath(member.filename).stem.strip())
            problem = _import(archive, member, candidates.get(number), actor)
            if problem is None:
                report.set += 1
            elif len(report.problems) < _NAMED:
                report.problems.append((member.filename[:_NAMED], problem))
    return report


def _import(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, candidate: Candidate | None, actor: Person
) -> str | Promise | None:
    if candidate is None:
        return _("No candidate of this round has this number.")
    # The size is the file's own claim, which binds: zipfile never hands out more.
    if member.file_size > pictures.MAX_BYTES:
        return _("The photograph is larger than 3 MB. Make it smaller.")
    try:
        data = archive.read(member)
    except _BROKEN:
        return _("This file cannot be taken out of the ZIP file. It is damaged or has a password.")
    try:
        set_photograph(candidate, data, actor=actor)
    except pictures.NotAPhotograph as error:
        return str(error.message)
    return None
