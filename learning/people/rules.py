"""Permissions over persons, agencies and roles."""

from typing import Any

import rules

from learning.people.access import (
    has_role,
    is_administrator,
    is_agency_officer,
    is_officer_of,
    is_signed_in,
    is_staff,
)
from learning.people.models import ImportBatch, Person, Role


@rules.predicate
def is_self(user: Any, person: Person | None) -> bool:
    """Whether the person is the user."""
    return person is not None and user == person


@rules.predicate
def is_in_own_agency(user: Any, person: Person | None) -> bool:
    """Whether the user is officer of the person's agency; without a person, of any."""
    return person is None or is_officer_of(user, person.agency)


@rules.predicate
def holds_a_role(_user: Any, person: Person | None) -> bool:
    """Whether the person acted upon is staff."""
    return person is not None and bool(person.grants)


@rules.predicate
def is_own_import(user: Any, batch: ImportBatch | None) -> bool:
    """Whether the user uploaded the list."""
    return batch is not None and batch.officer_id == user.pk


rules.add_perm("people.use", is_signed_in)
rules.add_perm("people.staff", is_staff)
rules.add_perm("people.view_person", is_self | is_administrator | (is_agency_officer & is_in_own_agency))
# Administrators act on anybody; officers on persons of their agencies who hold no role themselves, lest a
# link to set a password open an administrator's account.
rules.add_perm(
    "people.manage_person", is_administrator | (is_agency_officer & is_in_own_agency & ~holds_a_role)
)
rules.add_perm("people.reveal_national_id", is_administrator)
rules.add_perm("people.close_account", is_administrator)
rules.add_perm("people.list_persons", is_administrator | is_agency_officer)
rules.add_perm("people.import_persons", is_administrator | is_agency_officer)
rules.add_perm("people.use_import", is_administrator | (is_agency_officer & is_own_import))
rules.add_perm("people.grant_roles", is_administrator)
rules.add_perm("people.view_audit", has_role(Role.AUDITOR, Role.ADMINISTRATOR))
