"""Statements as received with the columns that find them, documents, and who may write and read them.

A statement's primary key is its position: the moment at which it was stored, in microseconds since 1970,
strictly increasing over the whole store. One number is therefore order, ``stored``, the place where a page
ends, and the key by which PostgreSQL cuts the tables into months (docs/records.md).
"""

from urllib.parse import urlencode

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from learning.fields import server_address
from learning.people.models import Person


class Scope(models.TextChoices):
    """What a credential may do (Communication 4.2)."""

    WRITE_STATEMENTS = "statements/write", _("Write statements")
    READ_OWN_STATEMENTS = "statements/read/mine", _("Read statements it has written")
    READ_STATEMENTS = "statements/read", _("Read statements")
    STATE = "state", _("Read and write states")
    DEFINE = "define", _("Define activities")
    PROFILE = "profile", _("Read and write profiles")
    READ_ALL = "all/read", _("Read everything")
    ALL = "all", _("Everything")


class Client(models.Model):
    """Somebody's program that writes or reads records, by key and secret.

    `authority` is what its statements carry; it never changes, since they refer to it.
    """

    name = models.CharField(_("name"), max_length=100, unique=True)
    key = models.CharField(max_length=64, unique=True)
    # SHA-256 of 256 random bits: nobody guesses those, so a slow hash would protect nothing.
    secret_sha256 = models.BinaryField(max_length=32)
    scopes = models.JSONField(default=list)
    # The name under which `learning.records.launches` knows further rules; empty for none.
    rules = models.CharField(max_length=50, blank=True)
    authority = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True, blank=True)
    # To ten minutes.
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    @property
    def scope_labels(self) -> list[str]:
        """What it may do, in words."""
        return [str(Scope(each).label) for each in self.scopes]


class Launch(models.Model):
    """A credential of one launch of one activity by one learner; it ends with the launch."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="launches")
    key = models.CharField(max_length=64, unique=True)
    secret_sha256 = models.BinaryField(max_length=32)
    # The learner as an xAPI agent.
    actor = models.JSONField()
    activity = models.TextField()
    # Activities whose ids begin with one of these belong to the launch as well.
    prefixes = models.JSONField(default=list)
    registration = models.UUIDField(null=True)
    # The name under which `learning.records.launches` knows further rules; empty for none.
    rules = models.CharField(max_length=50, blank=True)
    # Whatever the app that launched needs to find its own rows again, for example a session's id.
    reference = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    revoked_at = models.DateTimeField(null=True)


class Statement(models.Model):
    """One statement: what came in, and what the store adds to it."""

    position = models.BigIntegerField(primary_key=True)
    uuid = models.UUIDField()
    # Checked by nobody: one row that every statement locks would be where they all wait.
    client = models.ForeignKey(Client, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    verb = models.UUIDField()
    registration = models.UUIDField(null=True)
    is_voiding = models.BooleanField(default=False)
    is_voided = models.BooleanField(default=False)
    # The JSON text, byte for byte.
    received = models.TextField()
    # A JSON object with the properties that the store adds or, where the specification asks, replaces.
    added = models.TextField()

    class Meta:
        indexes = (
            models.Index("verb", "position", name="statement_verb"),
            # What a client may read of its own, and what carries its authority.
            models.Index("client", "position", name="statement_client"),
            models.Index(
                "registration",
                "position",
                name="statement_registration",
                condition=models.Q(registration__isnull=False),
            ),
        )


class StatementId(models.Model):
    """Where the statement of an id is: unique over all months, which no index of a cut table can be."""

    uuid = models.UUIDField(primary_key=True)
    statement = models.OneToOneField(
        Statement, models.CASCADE, db_constraint=False, db_column="position", related_name="known_id"
    )


class Mention(models.Model):
    """An agent or activity in a statement: as its actor or object (direct), or anywhere else in it."""

    pk = models.CompositePrimaryKey("key", "statement")
    key = models.UUIDField()
    statement = models.ForeignKey(
        Statement,
        models.CASCADE,
        db_constraint=False,
        db_column="position",
        related_name="mentions",
        db_index=False,
    )
    is_direct = models.BooleanField()

    class Meta:
        indexes = (
            models.Index("key", "statement", name="mention_direct", condition=models.Q(is_direct=True)),
        )


class Reference(models.Model):
    """A statement points at another one by StatementRef, itself or through further ones.

    Queries find the first by what the last is about (Communication 2.1.3), in whatever order they came.
    """

    source = models.ForeignKey(
        Statement, models.CASCADE, db_constraint=False, related_name="references", db_index=False
    )
    target_uuid = models.UUIDField(db_index=True)
    target = models.ForeignKey(
        Statement, models.CASCADE, db_constraint=False, null=True, related_name="referrers"
    )
    is_voiding = models.BooleanField(default=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("source", "target_uuid"), name="reference_once"),)


class Attachment(models.Model):
    """The data of an attachment came with a statement; storage has them under their hash."""

    pk = models.CompositePrimaryKey("sha2", "statement")
    sha2 = models.CharField(max_length=128)
    statement = models.ForeignKey(
        Statement, models.CASCADE, db_constraint=False, db_column="position", related_name="attachments"
    )


class Activity(models.Model):
    """What statements have said of an activity, merged."""

    key = models.UUIDField(primary_key=True)
    iri = models.TextField()
    # JSON as text: PostgreSQL's own kind cannot hold U+0000, which a definition may.
    definition = models.TextField(default="{}")


class Resource(models.IntegerChoices):
    """The resources that keep documents."""

    STATE = 1
    AGENT_PROFILE = 2
    ACTIVITY_PROFILE = 3


class Document(models.Model):
    """A document under its name, kept for an agent, an activity, or both (Communication 2.2)."""

    resource = models.SmallIntegerField(choices=Resource)
    # One key made of agent, activity and registration: databases hold two nulls for different.
    owner = models.UUIDField()
    name = models.TextField()
    agent = models.UUIDField(null=True, db_index=True)
    activity = models.UUIDField(null=True)
    registration = models.UUIDField(null=True)
    content = models.BinaryField()
    content_type = models.CharField(max_length=255)
    # SHA-1 in hexadecimal digits, as Communication 3.1 asks.
    etag = models.CharField(max_length=40)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("owner", "name"), name="document_once"),)


class OutboxState(models.TextChoices):
    """What became of an event on its way to the store."""

    WAITING = "waiting", _("Waiting to be delivered")
    FAILED = "failed", _("Not delivered")
    DELIVERED = "delivered", _("Delivered")
    SET_ASIDE = "set_aside", _("Set aside")


class OutboxEntry(models.Model):
    """A statement that an app has written beside its event, until the store has it."""

    uuid = models.UUIDField(unique=True)
    # Statements of one person go in the order in which they were written; empty for nobody's.
    person_key = models.CharField(max_length=64, blank=True)
    statement = models.JSONField()
    state = models.CharField(max_length=10, choices=OutboxState, default=OutboxState.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("pk",)
        indexes = (
            models.Index(
                "due_at",
                name="outbox_waiting",
                condition=models.Q(state__in=("waiting", "failed")),
            ),
        )


class Destination(models.Model):
    """Another record store that statements are forwarded to, in their order."""

    class Version(models.TextChoices):
        """The version that it is spoken to in."""

        V1 = "1.0.3", "xAPI 1.0.3"
        V2 = "2.0.0", "xAPI 2.0"

    name = models.CharField(_("name"), max_length=100, unique=True)
    # Where its resources are, without "statements".
    endpoint = models.CharField(_("address of the record store"), max_length=500, validators=[server_address])
    key = models.CharField(_("key of the credential"), max_length=200)
    secret_sealed = models.BinaryField(editable=False)
    version = models.CharField(
        _("version of the standard"), max_length=5, choices=Version, default=Version.V1
    )
    # Only what is about activities whose ids begin so; empty for everything.
    prefix = models.CharField(_("only activities whose id begins with"), max_length=500, blank=True)
    is_active = models.BooleanField(_("in use"), default=True)
    # The last statement that went, or that it is not for.
    position = models.BigIntegerField(default=0, editable=False)
    claimed_at = models.DateTimeField(null=True, editable=False)
    due_at = models.DateTimeField(default=timezone.now, editable=False)
    # How often in a row it took nothing, and what it said the last time.
    attempts = models.PositiveIntegerField(default=0, editable=False)
    error = models.TextField(blank=True, editable=False)
    sent_count = models.PositiveBigIntegerField(default=0, editable=False)
    last_sent_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Undelivered(models.Model):
    """A statement that a destination would not have."""

    destination = models.ForeignKey(Destination, models.CASCADE, related_name="undelivered")
    position = models.BigIntegerField()
    error = models.TextField()
    at = models.DateTimeField(default=timezone.now)
    # Somebody wants it to be sent once more.
    is_wanted = models.BooleanField(default=False)

    class Meta:
        ordering = ("destination", "position")
        constraints = (models.UniqueConstraint(fields=("destination", "position"), name="undelivered_once"),)


class SavedQuery(models.Model):
    """A search in the explorer that somebody wants to do again."""

    owner = models.ForeignKey(Person, models.CASCADE, related_name="+")
    name = models.CharField(_("Name of the search"), max_length=80)
    parameters = models.JSONField()

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=("owner", "name"), name="saved_query_once"),)

    def __str__(self) -> str:
        return self.name

    @property
    def as_query(self) -> str:
        """The query string that does the search again."""
        return urlencode(self.parameters)


class Removal(models.Model):
    """Records were removed, for a person's sake or for their age: how many, by whom and why; never which."""

    at = models.DateTimeField(default=timezone.now)
    # Nobody for what the schedule of retention removed.
    actor = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    # Whose they were; the account may outlive its records.
    person = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    # For retention: everything stored before.
    before = models.DateTimeField(null=True)
    reason = models.TextField(_("reason"))
    statement_count = models.PositiveIntegerField()
    document_count = models.PositiveIntegerField()
    # Records of others in which the person is named and which stay.
    mention_count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("-at",)
