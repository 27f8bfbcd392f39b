"""Permissions over results."""

from typing import Any

import rules

from exams.registration.models import Candidate
from learning.people.access import has_role, is_signed_in
from learning.people.models import Role


@rules.predicate
def is_candidate(user: Any, candidate: Candidate | None) -> bool:
    """Whether the candidacy is the user's own."""
    return candidate is not None and candidate.person_id == user.pk


# A person's marks are theirs; the office sees them to work out, withhold and release.
rules.add_perm("results.view_own", is_signed_in & is_candidate)
rules.add_perm("results.manage", has_role(Role.EXAM_OFFICER))
rules.add_perm("results.view_figures", has_role(Role.EXAM_OFFICER, Role.AUDITOR))
