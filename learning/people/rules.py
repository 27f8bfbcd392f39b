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
from learning.people.models import Person, Role


@rules.predicate
def is_self(user: Any, person: Person | None) -> bool:
    """Whether the person is the user."""
    return person is not None and user == person


@rules.predicate
def is_in_own_agency(user: Any, person: Person | None) -> bool:
    """Whether the user is officer of the person's agency; without a person, of any."""
    return person is None or is_officer_of(user, person.agency)


rules.add_perm("people.use", is_signed_in)
rules.add_perm("people.staff", is_staff)
rules.add_perm("people.view_person", is_self | is_administrator | (is_agency_officer & is_in_own_agency))
rules.add_perm("people.list_persons", is_administrator | is_agency_officer)
rules.add_perm("people.import_persons", is_administrator | is_agency_officer)
rules.add_perm("people.grant_roles", is_administrator)
rules.add_perm("people.view_audit", has_role(Role.AUDITOR, Role.ADMINISTRATOR))
