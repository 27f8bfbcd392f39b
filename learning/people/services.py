"""Every change of a person, a role or a consent; each writes its audit entry in the same transaction."""

from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from learning.errors import DomainError
from learning.people import audit
from learning.people.models import Agency, Consent, Person, Role, RoleGrant


class AlreadyRegistered(DomainError):
    """The national ID or the e-mail address belongs to a person already."""

    code = "already_registered"
    message: str | Promise = _(
        "This national ID or e-mail address has been registered in the meantime. Try to sign in."
    )


class LastAdministrator(DomainError):
    """Somebody must be left who can grant roles."""

    code = "last_administrator"
    message: str | Promise = _("This is the last active administrator. Appoint another one first.")


class RoleNeedsAgency(DomainError):
    """An agency officer acts for an agency, other roles for none."""

    code = "role_agency"
    status = 422
    message: str | Promise = _("The role of agency officer needs an agency; other roles have none.")


def register_person(person: Person, *, notice_version: str, now: datetime) -> Person:
    """Save a person who registered, with the consent given. Raises AlreadyRegistered."""
    try:
        with transaction.atomic():
            person.created_at = now
            person.save(force_insert=True)
            Consent.objects.create(person=person, notice_version=notice_version, given_at=now)
            EmailAddress.objects.create(user=person, email=person.email, primary=True, verified=False)
            audit.record(person, "people.person_registered", person, group=person.group)
    except IntegrityError as error:
        raise AlreadyRegistered from error
    return person


@transaction.atomic
def give_consent(person: Person, *, notice_version: str, now: datetime) -> None:
    """Record that the person accepted a version of the privacy notice; once is enough."""
    _consent, is_new = Consent.objects.get_or_create(
        person=person, notice_version=notice_version, defaults={"given_at": now}
    )
    if is_new:
        audit.record(person, "people.consent_given", person, version=notice_version)


@transaction.atomic
def update_person(actor: Person, person: Person, values: dict[str, Any]) -> list[str]:
    """Set a person's fields and return the names of those that changed; the audit log names them only."""
    changed = [name for name, value in values.items() if getattr(person, name) != value]
    if changed:
        for name in changed:
            setattr(person, name, values[name])
        person.save(update_fields=changed)
        audit.record(actor, "people.person_updated", person, fields=sorted(changed))
    return changed


@transaction.atomic
def grant_role(actor: Person, person: Person, role: Role, agency: Agency | None = None) -> RoleGrant:
    """Give a role; giving it again changes nothing. Raises RoleNeedsAgency."""
    if (role == Role.AGENCY_OFFICER) != (agency is not None):
        raise RoleNeedsAgency
    grant, is_new = RoleGrant.objects.get_or_create(
        person=person, role=role, agency=agency, defaults={"granted_by": actor}
    )
    if is_new:
        audit.record(
            actor, "people.role_granted", person, role=role.value, agency=agency.code if agency else ""
        )
    return grant


def _keep_an_administrator(leaving: Person) -> None:
    """Raise LastAdministrator when nobody else who can sign in would be one.

    The rows are locked, so that two administrators who remove each other at once do not both succeed.
    """
    grants = (
        RoleGrant.objects.select_related("person")
        # The persons too: closing an account changes only the person, and a second transaction that
        # waited reads again nothing but the rows it locks.
        .select_for_update(of=("self", "person"), no_key=True)
        .filter(role=Role.ADMINISTRATOR, person__is_active=True)
        .order_by("pk")
    )
    holders = {grant.person_id for grant in grants}
    if holders == {leaving.pk}:
        raise LastAdministrator


@transaction.atomic
def revoke_role(actor: Person, grant: RoleGrant) -> None:
    """Take a role away. Raises LastAdministrator."""
    if grant.role == Role.ADMINISTRATOR:
        _keep_an_administrator(grant.person)
    code = grant.agency.code if grant.agency else ""
    grant.delete()
    audit.record(actor, "people.role_revoked", grant.person, role=grant.role, agency=code)


@transaction.atomic
def deactivate_person(actor: Person, person: Person) -> None:
    """Close an account; the person's records stay. Raises LastAdministrator."""
    if not person.is_active:
        return
    _keep_an_administrator(person)
    person.is_active = False
    person.save(update_fields=["is_active"])
    audit.record(actor, "people.person_deactivated", person)


@transaction.atomic
def reactivate_person(actor: Person, person: Person) -> None:
    """Open a closed account again."""
    if person.is_active:
        return
    person.is_active = True
    person.save(update_fields=["is_active"])
    audit.record(actor, "people.person_reactivated", person)


@transaction.atomic
def reveal_national_id(actor: Person, person: Person) -> str:
    """Return the full national ID; that it was looked at stays in the audit log."""
    audit.record(actor, "people.national_id_revealed", person)
    return person.national_id


def set_email(person: Person, email: str) -> None:
    """Give a person an address that nobody has verified, and drop what was known of the old one.

    An old verified address would otherwise go on resetting the password. The caller saves the person.
    """
    EmailAddress.objects.filter(user=person).delete()
    person.email = email


class NoAddress(DomainError):
    """A link cannot be sent."""

    code = "no_address"
    message: str | Promise = _("This account is closed or has no e-mail address, so no link can be sent.")


def record_link_sent(actor: Person, person: Person) -> None:
    """Write down that a link to set a password is sent. Raises NoAddress."""
    if not person.email or not person.is_active:
        raise NoAddress
    audit.record(actor, "people.password_link_sent", person)
