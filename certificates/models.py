"""Certificates: what was certified, frozen at issue."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from learning.people.models import Person


class CertificateStatus(models.TextChoices):
    """Whether a certificate still stands."""

    VALID = "valid", _("Valid")
    REVOKED = "revoked", _("Revoked")
    SUPERSEDED = "superseded", _("Superseded")


class Certificate(models.Model):
    """One issued certificate. Its facts and template version never change after issue."""

    # 16 Crockford base-32 characters (80 random bits), printed in the QR code.
    code = models.CharField(max_length=16, unique=True)
    # Which template and wording: a key of certificates.kinds.KINDS.
    kind = models.CharField(max_length=60)
    template_version = models.PositiveSmallIntegerField()
    person = models.ForeignKey(Person, models.PROTECT, related_name="certificates")
    # Register number "number/year", both per kind; the year is of the Buddhist era, Bangkok time.
    number = models.PositiveIntegerField()
    year = models.PositiveSmallIntegerField()
    facts = models.JSONField()
    # The caller's idempotency key: asking twice for the same thing gives the same certificate.
    subject = models.CharField(max_length=120, unique=True)
    status = models.CharField(max_length=10, choices=CertificateStatus, default=CertificateStatus.VALID)
    issued_at = models.DateTimeField(default=timezone.now)
    issued_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoke_reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        ordering = ("-issued_at", "-pk")
        constraints = (
            models.UniqueConstraint(fields=("kind", "year", "number"), name="certificate_register_number"),
        )

    def __str__(self) -> str:
        return f"{self.number}/{self.year}"
