"""Permissions of the portal."""

from typing import Any

import rules

from learning.people.access import is_administrator, is_agency_officer, is_officer_of
from learning.people.models import Agency


@rules.predicate
def is_officer_of_agency(user: Any, agency: Agency | None) -> bool:
    """Whether the user is agency officer of this agency or of one above it."""
    return is_officer_of(user, agency)


rules.add_perm("portal.view_agency", is_administrator | is_officer_of_agency)
rules.add_perm("portal.list_agencies", is_administrator | is_agency_officer)
