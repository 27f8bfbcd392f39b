"""Registrations: made, previewed, moved in time, and held by one device at a time."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from courses.catalogue.models import CourseVersion
from courses.player.errors import NotAPreview, SessionTaken, VersionNotLearnable
from courses.player.models import Purpose, Registration
from learning.people import audit
from learning.people.models import Person

# A device that has been silent for so long is not asked about when another one goes on.
IDLE = timedelta(minutes=15)


def register(
    person: Person,
    version: CourseVersion,
    *,
    opens_at: datetime | None = None,
    closes_at: datetime | None = None,
) -> Registration:
    """Let a person learn a version, within its dates. Raises VersionNotLearnable."""
    if version.published_at is None:
        raise VersionNotLearnable
    return Registration.objects.create(person=person, version=version, opens_at=opens_at, closes_at=closes_at)


def preview(person: Person, version: CourseVersion) -> Registration:
    """Return the person's preview of a version, published or not; nothing of it counts anywhere."""
    registration, _created = Registration.objects.get_or_create(
        person=person, version=version, purpose=Purpose.PREVIEW
    )
    return registration


@transaction.atomic
def reset_preview(registration: Registration) -> None:
    """Forget what was done in a preview. Raises NotAPreview."""
    locked = lock(registration)
    if locked.purpose != Purpose.PREVIEW:
        raise NotAPreview
    for done in (
        locked.progress, locked.items, locked.evidence, locked.launches, locked.surveys, locked.attempts
    ):  # fmt: skip
        done.all().delete()
    Registration.objects.filter(pk=locked.pk).update(last_unit=None, last_active_at=None)


@transaction.atomic
def reschedule(
    registration: Registration,
    opens_at: datetime | None,
    closes_at: datetime | None,
    *,
    actor: Person | None = None,
) -> None:
    """Move the dates between which units are open."""
    Registration.objects.filter(pk=registration.pk).update(opens_at=opens_at, closes_at=closes_at)
    registration.opens_at, registration.closes_at = opens_at, closes_at
    audit.record(
        actor,
        "player.rescheduled",
        registration,
        opens_at=opens_at and opens_at.isoformat(),
        closes_at=closes_at and closes_at.isoformat(),
    )


def take_session(registration: Registration, device: str, *, now: datetime | None = None) -> str:
    """Make this device the one that writes, and return its token; no other has it any more."""
    token = secrets.token_urlsafe(32)
    values = {"session": token, "session_device": device[:200], "session_at": now or timezone.now()}
    Registration.objects.filter(pk=registration.pk).update(**values)
    for name, value in values.items():
        setattr(registration, name, value)
    return token


def check_session(registration: Registration, token: str) -> None:
    """Raise SessionTaken unless the token is the one of the device that writes."""
    # Of no device yet there is no token, and an empty one opens nothing.
    if not token or not secrets.compare_digest(registration.session.encode(), token.encode()):
        raise SessionTaken


def release(tokens: Mapping[str, str], *, now: datetime | None = None) -> None:
    """Let go of what a device holds, by registration: who signs out there is asked nothing on the next."""
    for registration, token in tokens.items():
        Registration.objects.filter(pk=registration, session=token).update(
            session="", session_at=now or timezone.now()
        )


def is_in_use(registration: Registration, *, now: datetime) -> bool:
    """Say whether some device holds the registration and has been heard of lately."""
    heard = [at for at in (registration.session_at, registration.last_active_at) if at is not None]
    return bool(registration.session) and bool(heard) and now - max(heard) < IDLE


def lock(registration: Registration) -> Registration:
    """Lock a registration for what is written about it; every writer does this first."""
    return (
        Registration.objects.select_for_update(no_key=True, of=("self",))
        .select_related("version")
        .get(pk=registration.pk)
    )
