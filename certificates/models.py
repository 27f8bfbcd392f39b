"""Certificates: what was certified, frozen at issue; the registers that number them; who signs."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from certificates import codes, kinds, names
from learning.people.models import Person

if TYPE_CHECKING:
    import datetime


class CertificateStatus(models.TextChoices):
    """Whether a certificate still stands."""

    VALID = "valid", _("Valid")
    REVOKED = "revoked", _("Revoked")
    SUPERSEDED = "superseded", _("Superseded")


class Register(models.Model):
    """The register of one kind of certificate in one year: the last number given out.

    Numbers come from this row and not from a database sequence, because a sequence leaves a gap
    whenever the transaction that drew from it is rolled back.
    """

    kind = models.CharField(max_length=60)
    # Buddhist era, Bangkok time.
    year = models.PositiveSmallIntegerField()
    last_number = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("kind", "year"), name="certificate_register_once"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.year}"


class SignatoryQuerySet(models.QuerySet["Signatory"]):
    """Queries over the signatories."""

    def on(self, day: "datetime.date") -> "Signatory | None":
        """Return who signs on `day`: the one whose term began last; None before the first term."""
        return self.filter(effective_from__lte=day).order_by("-effective_from", "-pk").first()


class Signatory(models.Model):
    """Whose name stands under the certificates from a date on. Never edited: the next term supersedes it."""

    name = models.CharField(_("name with title"), max_length=200)
    position = models.CharField(_("position"), max_length=200)
    position_en = models.CharField(_("position in English"), max_length=200, blank=True)
    effective_from = models.DateField(_("signs from"))
    created_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    objects = SignatoryQuerySet.as_manager()

    class Meta:
        ordering = ("-effective_from", "-pk")
        constraints = (
            models.UniqueConstraint(fields=("effective_from",), name="signatory_one_per_first_day"),
        )

    def __str__(self) -> str:
        return self.name


class CertificateQuerySet(models.QuerySet["Certificate"]):
    """Queries over certificates."""

    def standing(self) -> Self:
        """Keep those that are valid."""
        return self.filter(status=CertificateStatus.VALID)


class Certificate(models.Model):
    """One issued certificate. Its facts and template version never change after issue."""

    # 16 Crockford base-32 characters (80 random bits), printed in the QR code.
    code = models.CharField(max_length=16, unique=True)
    # Which template and wording: a key of certificates.kinds.KINDS.
    kind = models.CharField(max_length=60)
    template_version = models.PositiveSmallIntegerField()
    person = models.ForeignKey(Person, models.PROTECT, related_name="certificates")
    # The name as printed, beside `facts` only so that staff can search it.
    holder_name = models.CharField(max_length=320, db_index=True)
    # Register number "number/year", both per kind; the year is of the Buddhist era, Bangkok time.
    number = models.PositiveIntegerField()
    year = models.PositiveSmallIntegerField()
    # A certificates.kinds.Facts as JSON.
    facts = models.JSONField()
    # The caller's idempotency key: asking twice for the same thing gives the same certificate.
    subject = models.CharField(max_length=120, unique=True)
    status = models.CharField(max_length=10, choices=CertificateStatus, default=CertificateStatus.VALID)
    # The certificate that this one replaces, for example because the name was corrected.
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )
    issued_at = models.DateTimeField(default=timezone.now)
    issued_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    # When and why it stopped being valid, revoked or superseded.
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(_("reason"), max_length=300, blank=True)

    objects = CertificateQuerySet.as_manager()

    class Meta:
        ordering = ("-issued_at", "-pk")
        constraints = (
            models.UniqueConstraint(fields=("kind", "year", "number"), name="certificate_register_number"),
            models.CheckConstraint(
                name="certificate_ended_unless_valid",
                condition=models.Q(status=CertificateStatus.VALID, ended_at__isnull=True, end_reason="")
                | (~models.Q(status=CertificateStatus.VALID) & models.Q(ended_at__isnull=False)),
            ),
        )
        indexes = (models.Index(fields=("kind", "year", "status"), name="certificate_list"),)

    def __str__(self) -> str:
        return self.register_number

    @property
    def register_number(self) -> str:
        """The number in the register of its kind and year, as written: 12/2569."""
        return f"{self.number}/{self.year}"

    @property
    def grouped_code(self) -> str:
        """The code in groups of four, as printed."""
        return codes.grouped(self.code)

    @property
    def kind_label(self) -> str:
        """The kind's name in the language of the request."""
        return str(kinds.get(self.kind).label)

    @property
    def name_label(self) -> str:
        """What stands before `test_name`."""
        return str(kinds.get(self.kind).name_label)

    @property
    def test_name(self) -> str:
        """What was passed or completed, in the language of the request where it has a name in it."""
        award = self.facts["award"]
        return str((award["test_name_en"] if get_language() == "en" else "") or award["test_name"])

    @property
    def masked_name(self) -> str:
        """The name as strangers see it."""
        holder = kinds.read_facts(self.facts).holder
        return names.masked(holder.title, holder.first_name)

    @property
    def is_valid(self) -> bool:
        """Whether it still stands."""
        return self.status == CertificateStatus.VALID
