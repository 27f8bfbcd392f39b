"""Packages as they were brought and found fit: unpacked once, never changed."""

from pathlib import Path
from uuid import uuid4

import msgspec
from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from courses.packages.package import Kind, Package
from learning.people.models import Agency, Person


class PackageQuerySet(models.QuerySet["StoredPackage"]):
    """Queries over kept packages."""


class StoredPackage(models.Model):
    """A package whose check found no error, with its files under `folder` in the media storage."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    owner = models.ForeignKey(Agency, models.PROTECT, related_name="+", verbose_name=_("owner agency"))
    # None: brought from the command line.
    uploaded_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now, editable=False)
    kind = models.CharField(_("kind"), max_length=12, choices=[(kind.value, kind.value) for kind in Kind])
    title = models.CharField(_("title of the package"), max_length=300)
    file_name = models.CharField(_("file"), max_length=255)
    size = models.BigIntegerField(_("bytes uploaded"))
    sha256 = models.CharField(max_length=64)
    # The package as the readers described it (courses.packages.package.Package without its list of files),
    # and the report of the check as `Report.as_dict()` gave it.
    description = models.JSONField()
    report = models.JSONField()

    objects = PackageQuerySet.as_manager()

    class Meta:
        ordering = ("-uploaded_at",)
        verbose_name = _("package")
        verbose_name_plural = _("packages")

    def __str__(self) -> str:
        return self.title

    @property
    def folder(self) -> str:
        """Where its files lie in the media storage, with a slash at the end."""
        return f"packages/{self.id}/"

    @property
    def contents(self) -> Package:
        """The package as the readers described it; its files are in the storage, not in here."""
        return msgspec.convert(self.description, Package)


class Unpacking(models.Model):
    """A package whose files are being written; a row that stays was left by a killed process."""

    id = models.UUIDField(primary_key=True)
    began_at = models.DateTimeField()


class UploadStatus(models.TextChoices):
    """Where an upload is on its way from a browser to whoever asked for it."""

    RECEIVING = "receiving", _("Being uploaded")
    CHECKING = "checking", _("Being checked")
    DONE = "done", pgettext_lazy("upload", "Done")
    FAILED = "failed", pgettext_lazy("upload", "Failed")


class Upload(models.Model):
    """A file that comes in pieces. How much of it is here, its file on the disk says and nothing else."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    # Whose storage it will take.
    owner = models.ForeignKey(Agency, models.CASCADE, related_name="+")
    # Who asked for it (registry.Destination) and for what, in words that only that one reads.
    destination = models.CharField(max_length=20)
    key = models.CharField(max_length=100)
    file_name = models.CharField(max_length=255)
    size = models.BigIntegerField()
    status = models.CharField(max_length=9, choices=UploadStatus, default=UploadStatus.RECEIVING)
    began_at = models.DateTimeField(default=timezone.now)
    # When it last changed its status.
    changed_at = models.DateTimeField(default=timezone.now)
    # How often its check began; a process may have been killed in it.
    attempts = models.PositiveSmallIntegerField(default=0)
    # Bytes unpacked, of how many.
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    # The page with what came of it.
    address = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("began_at",)
        indexes = (models.Index(fields=("status", "changed_at"), name="upload_status"),)

    @property
    def path(self) -> Path:
        """Where its bytes are, until they were checked."""
        return Path(settings.UPLOADS_DIR) / str(self.id)

    @property
    def offset(self) -> int:
        """How many bytes are here."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return self.size if self.status in {UploadStatus.DONE, UploadStatus.FAILED} else 0
