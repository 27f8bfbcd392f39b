"""Persons, agencies, roles, consent and the audit log."""

import uuid
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

import rules
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from learning.people import national_id

if TYPE_CHECKING:
    from collections.abc import Iterable


class Bilingual(models.Model):
    """A thing with a Thai and an English name."""

    name_th = models.CharField(_("name in Thai"), max_length=200)
    name_en = models.CharField(_("name in English"), max_length=200, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the language of the request; Thai where no English name is known."""
        return (self.name_en if get_language() == "en" else "") or self.name_th


class AgencyLevel(models.TextChoices):
    """The three levels of a government agency."""

    MINISTRY = "ministry", _("Ministry or equivalent")
    DEPARTMENT = "department", _("Department")
    DIVISION = "division", _("Division")


class AgencyQuerySet(models.QuerySet["Agency"]):
    """Queries over the agency tree, which is never deeper than three levels."""

    def within(self, agency: "Agency") -> Self:
        """Keep `agency` and everything below it."""
        return self.filter(
            models.Q(pk=agency.pk) | models.Q(parent=agency.pk) | models.Q(parent__parent=agency.pk)
        )


class Agency(Bilingual):
    """A ministry, a department of one, or a division of a department."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    abbreviation = models.CharField(_("abbreviation"), max_length=20, blank=True)
    level = models.CharField(_("level"), max_length=10, choices=AgencyLevel)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("parent agency"),
    )

    objects = AgencyQuerySet.as_manager()

    class Meta:
        ordering = ("code",)
        verbose_name = _("agency")
        verbose_name_plural = _("agencies")
        constraints = (
            models.CheckConstraint(
                name="agency_ministry_is_a_root",
                condition=models.Q(level=AgencyLevel.MINISTRY, parent__isnull=True)
                | (~models.Q(level=AgencyLevel.MINISTRY) & models.Q(parent__isnull=False)),
            ),
        )

    @property
    def ancestry(self) -> list["Agency"]:
        """The agency and its parents, upwards; select_related("parent__parent") saves the queries."""
        return [self, *(self.parent.ancestry if self.parent else ())]

    def is_within(self, other: "Agency") -> bool:
        """Say whether this agency is `other` or lies below it."""
        return any(node.pk == other.pk for node in self.ancestry)


class Province(Bilingual):
    """One of the 76 provinces or Bangkok, under its two-digit DOPA code."""

    code = models.CharField(_("code"), max_length=2, primary_key=True)

    class Meta:
        ordering = ("code",)


class PositionType(Bilingual):
    """One of the four civil-service position types."""

    code = models.CharField(_("code"), max_length=2, primary_key=True)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("order",)


class PositionLevel(Bilingual):
    """A level inside a position type, under its DPIS code (O1 … M2)."""

    code = models.CharField(_("code"), max_length=2, primary_key=True)
    position_type = models.ForeignKey(PositionType, models.PROTECT, related_name="levels")
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("order",)


class PersonnelGroup(models.TextChoices):
    """The five personnel groups of the Learning Portal."""

    CIVIL_SERVANT = "civil_servant", _("Ordinary civil servant")
    OTHER_OFFICIAL = "other_official", _("Government official of another kind")
    STATE_OFFICER = "state_officer", _("State officer")
    STATE_ENTERPRISE = "state_enterprise", _("State enterprise employee")
    PUBLIC = "public", _("Member of the public")


class PersonnelKind(models.TextChoices):
    """What kind of official or state officer somebody is; civil servants have position types instead."""

    TEACHER = "teacher", _("Teacher or education official")
    POLICE = "police", _("Police officer")
    MILITARY = "military", _("Military officer")
    PROSECUTOR = "prosecutor", _("Public prosecutor")
    JUDGE = "judge", _("Judge or court official")
    LOCAL = "local", _("Local government official")
    PARLIAMENT = "parliament", _("Parliament official")
    UNIVERSITY = "university", _("University official")
    OTHER_OFFICIAL = "other_official", _("Another kind of official")
    GOVERNMENT_EMPLOYEE = "government_employee", _("Government employee")
    PERMANENT_EMPLOYEE = "permanent_employee", _("Permanent employee")
    TEMPORARY_EMPLOYEE = "temporary_employee", _("Temporary employee")
    OTHER_OFFICER = "other_officer", _("Another kind of state officer")


class Sex(models.TextChoices):
    """Sex as registered."""

    MALE = "male", _("Male")
    FEMALE = "female", _("Female")
    UNSPECIFIED = "unspecified", _("Prefer not to say")


class EducationLevel(models.TextChoices):
    """Highest education level."""

    BELOW_UPPER_SECONDARY = "below_upper_secondary", _("Below upper secondary")
    UPPER_SECONDARY = "upper_secondary", _("Upper secondary")
    VOCATIONAL = "vocational", _("Vocational certificate")
    DIPLOMA = "diploma", _("Higher vocational certificate or diploma")
    BACHELOR = "bachelor", _("Bachelor's degree")
    MASTER = "master", _("Master's degree")
    DOCTORATE = "doctorate", _("Doctorate")


class PersonManager(BaseUserManager["Person"]):
    """Creates persons and finds them by national ID or e-mail."""

    def create_person(self, national_id_number: str, password: str | None = None, **fields: Any) -> "Person":
        """Create one person. `password=None` makes an account that cannot sign in with a password."""
        person = self.model(**fields)
        person.national_id = national_id_number
        person.set_password(password)
        person.save(using=self._db)
        return person

    def by_national_id(self, number: str) -> models.QuerySet["Person"]:
        """Return the persons (none or one) with this national ID, in any spelling of the digits."""
        return self.filter(national_id_index=national_id.blind_index(national_id.clean(number)))

    def by_login(self, login: str) -> models.QuerySet["Person"]:
        """Return the persons (none or one) who sign in with this national ID or e-mail."""
        return self.filter(email__iexact=login.strip()) if "@" in login else self.by_national_id(login)


class Person(AbstractBaseUser):
    """A person who learns, is examined, or works here; the user model."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    national_id_sealed = models.BinaryField(editable=False)
    national_id_index = models.CharField(max_length=64, unique=True, editable=False)
    title = models.CharField(_("title"), max_length=60)
    first_name = models.CharField(_("first name"), max_length=120)
    last_name = models.CharField(_("last name"), max_length=120)
    # Common era; forms and pages show the Buddhist era.
    birth_year = models.PositiveSmallIntegerField(_("birth year"))
    sex = models.CharField(_("sex"), max_length=12, choices=Sex)
    education_level = models.CharField(_("education level"), max_length=24, choices=EducationLevel)
    email = models.EmailField(_("e-mail"), blank=True)
    group = models.CharField(_("personnel group"), max_length=20, choices=PersonnelGroup)

    # Which of these a group demands is in learning/people/groups.py.
    agency = models.ForeignKey(
        Agency, models.PROTECT, null=True, blank=True, related_name="persons", verbose_name=_("agency")
    )
    division_name = models.CharField(_("division"), max_length=200, blank=True)
    service_start = models.DateField(_("start of service"), null=True, blank=True)
    personnel_kind = models.CharField(
        _("kind of personnel"), max_length=24, choices=PersonnelKind, blank=True
    )
    position_type = models.ForeignKey(
        PositionType, models.PROTECT, null=True, blank=True, verbose_name=_("position type")
    )
    position_level = models.ForeignKey(
        PositionLevel, models.PROTECT, null=True, blank=True, verbose_name=_("position level")
    )
    level_text = models.CharField(_("level"), max_length=200, blank=True)
    position = models.CharField(_("position"), max_length=200, blank=True)
    occupation = models.CharField(_("occupation"), max_length=200, blank=True)
    organisation = models.CharField(_("organisation"), max_length=200, blank=True)

    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("registered"), default=timezone.now, editable=False)

    objects: ClassVar[PersonManager] = PersonManager()

    # Nobody types it: sign-in goes through PersonManager.by_login.
    USERNAME_FIELD = "public_id"
    EMAIL_FIELD = "email"

    class Meta:
        ordering = ("first_name", "last_name", "pk")
        verbose_name = _("person")
        verbose_name_plural = _("persons")
        constraints = (
            models.UniqueConstraint(
                Lower("email"), name="person_email_unique", condition=~models.Q(email="")
            ),
        )
        indexes = (
            # As the list is ordered: of hundreds of thousands a page is read, and none is sorted.
            models.Index(fields=("first_name", "last_name", "id"), name="person_in_order"),
            # Tens of thousands of a round are sorted by name without reading anything else of them.
            models.Index(fields=("id",), include=("first_name", "last_name"), name="person_name_by_key"),
        )

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        """Title, first name and last name, joined as Thai writes them."""
        return f"{self.title}{self.first_name} {self.last_name}"

    @property
    def national_id(self) -> str:
        """The 13 digits, decrypted. Show `masked_national_id` instead wherever a person looks."""
        return national_id.unseal(self.national_id_sealed)

    @national_id.setter
    def national_id(self, number: str) -> None:
        number = national_id.clean(number)
        if not national_id.is_valid(number):
            raise ValueError("not a national ID")
        self.national_id_sealed = national_id.seal(number)
        self.national_id_index = national_id.blind_index(number)

    @property
    def masked_national_id(self) -> str:
        """The national ID with all but the last three digits hidden."""
        return national_id.masked(self.national_id)

    @cached_property
    def grants(self) -> "Iterable[RoleGrant]":
        """The role grants in force, with their agencies, read once per request."""
        return list(self.role_grants.select_related("agency__parent__parent"))

    def has_role(self, *roles: str) -> bool:
        """Say whether the person holds any of `roles`, in whatever agency."""
        return self.is_active and any(grant.role in roles for grant in self.grants)

    def has_perm(self, perm: str, obj: object | None = None) -> bool:
        """Ask the predicates in each app's rules.py."""
        return bool(self.is_active and rules.has_perm(perm, self, obj))


class Role(models.TextChoices):
    """What a person may do beyond learning. Everybody is a learner, so that needs no grant."""

    AGENCY_OFFICER = "agency_officer", _("Agency officer")
    REVIEWER = "reviewer", _("Reviewer")
    INVIGILATOR = "invigilator", _("Invigilator")
    EXAM_OFFICER = "exam_officer", _("Exam officer")
    CERTIFICATE_OFFICER = "certificate_officer", _("Certificate officer")
    AUDITOR = "auditor", _("Auditor")
    ADMINISTRATOR = "administrator", _("Administrator")


class RoleGrant(models.Model):
    """A role given to a person; an agency officer's holds for one agency and everything below it."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="role_grants")
    role = models.CharField(_("role"), max_length=24, choices=Role)
    agency = models.ForeignKey(Agency, models.PROTECT, null=True, blank=True, related_name="role_grants")
    granted_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    granted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            # Two, because SQLite holds two nulls for different.
            models.UniqueConstraint(
                fields=("person", "role"), name="role_granted_once", condition=models.Q(agency__isnull=True)
            ),
            models.UniqueConstraint(
                fields=("person", "role", "agency"),
                name="role_granted_once_per_agency",
                condition=models.Q(agency__isnull=False),
            ),
            models.CheckConstraint(
                name="role_agency_exactly_for_officers",
                condition=models.Q(role=Role.AGENCY_OFFICER, agency__isnull=False)
                | (~models.Q(role=Role.AGENCY_OFFICER) & models.Q(agency__isnull=True)),
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_role_display()}" + (f" ({self.agency})" if self.agency else "")


class Consent(models.Model):
    """A person read and accepted one version of the privacy notice."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="consents")
    notice_version = models.CharField(max_length=20)
    given_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("person", "notice_version"), name="consent_once_per_notice"),
        )


class BatchStatus(models.TextChoices):
    """Where an import stands. CHECKING, IMPORTING and UNDOING are work in progress."""

    CHECKING = "checking", _("Being checked")
    CHECKED = "checked", _("Checked, waiting for your decision")
    IMPORTING = "importing", _("Being imported")
    IMPORTED = "imported", _("Imported")
    UNDOING = "undoing", _("Being undone")
    UNDONE = "undone", _("Undone")
    CANCELLED = "cancelled", _("Cancelled")
    REFUSED = "refused", _("Refused")


class ImportBatch(models.Model):
    """One uploaded list of persons, from upload to import or undo."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    officer = models.ForeignKey(Person, models.PROTECT, related_name="import_batches")
    file_name = models.CharField(max_length=200)
    # Name in storage of the upload, sealed because it is full of national IDs; empty once it was read.
    stored_as = models.CharField(max_length=200, blank=True)
    # Messages to the officer are written by background work in the language of their pages.
    language = models.CharField(max_length=10, default="th")
    status = models.CharField(max_length=12, choices=BatchStatus, default=BatchStatus.CHECKING)
    refusal = models.TextField(blank=True)
    row_count = models.PositiveIntegerField(default=0)
    # Rows dealt with in the work now going on, for the progress bar.
    done_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    # Moves with every chunk; when it stands still the work died and can be started again.
    progressed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-created_at", "-pk")

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_working(self) -> bool:
        """Whether background work is going on."""
        return self.status in {BatchStatus.CHECKING, BatchStatus.IMPORTING, BatchStatus.UNDOING}


class RowState(models.TextChoices):
    """What became of a row."""

    FAULTY = "faulty", _("Has errors")
    TO_CREATE = "to_create", _("New person")
    TO_UPDATE = "to_update", _("Changes a person")
    UNCHANGED = "unchanged", _("No change")
    CREATED = "created", _("Added")
    UPDATED = "updated", _("Changed")
    UNDONE = "undone", _("Undone")
    KEPT = "kept", _("Kept: used since the import")


class ImportedRow(models.Model):
    """One row of an import with its errors, what it would do, and what it did."""

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=RowState)
    # Who the row is about, for the officer's eye; the rest of the row is sealed.
    label = models.CharField(max_length=250, blank=True)
    # A list of objects with "column" (the heading) and "message" (a sentence).
    errors = models.JSONField(default=list)
    values_sealed = models.BinaryField(editable=False)
    # The keyed index, to find the same person twice in one file; empty where the number is wrong.
    national_id_index = models.CharField(max_length=64, blank=True)
    person = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    # The person's values before and after an update, sealed; undo restores the first if the second stands.
    before_sealed = models.BinaryField(null=True, editable=False)
    after_sealed = models.BinaryField(null=True, editable=False)
    # When a created person was sent a link to set a password.
    link_sent_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=("batch", "number"), name="imported_row_once"),)
        indexes = (models.Index(fields=("batch", "state"), name="imported_row_state"),)


class AuditEntry(models.Model):
    """One business action, written beside the change it describes; never updated, never deleted."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    actor = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    # Stable dotted name, subject first: "people.batch_imported", "bank.item_approved".
    action = models.CharField(max_length=80, db_index=True)
    # "label.model:pk" of the thing acted upon.
    target = models.CharField(max_length=120, blank=True, db_index=True)
    data = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ("-at", "-pk")
