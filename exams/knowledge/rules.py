"""Permissions over tests, rounds, attempts, requests and reports."""

from typing import Any

import rules

from exams.knowledge.models import Attempt, Round, SupportRequest
from learning.people.access import has_role, is_agency_officer, is_officer_of, is_signed_in
from learning.people.models import Person, Role

is_exam_officer = has_role(Role.EXAM_OFFICER)


@rules.predicate
def may_take(user: Any, round_: Round | None) -> bool:
    """Whether the round is open to everybody or the user is on its list."""
    if round_ is None or round_.support_request_id is None:
        return True
    return isinstance(user, Person) and round_.invitations.filter(person=user).exists()


@rules.predicate
def is_taker(user: Any, attempt: Attempt | None) -> bool:
    """Whether the attempt is the user's own."""
    return attempt is not None and isinstance(user, Person) and attempt.person_id == user.pk


@rules.predicate
def is_officer_of_request(user: Any, request: SupportRequest | None) -> bool:
    """Whether the user is officer of the agency that asks; without a request, of any."""
    return request is None or is_officer_of(user, request.agency)


@rules.predicate
def is_officer_of_round(user: Any, round_: Round | None) -> bool:
    """Whether the round was asked for by an agency whose officer the user is."""
    return (
        round_ is not None
        and round_.support_request is not None
        and is_officer_of(user, round_.support_request.agency)
    )


@rules.predicate
def has_list(_user: Any, round_: Round | None) -> bool:
    """Whether the round has a staff list at all."""
    return round_ is not None and round_.support_request_id is not None


rules.add_perm("knowledge.take", is_signed_in & may_take)
# A person's answers and marks are theirs alone; officers see progress and totals.
rules.add_perm("knowledge.view_attempt", is_taker)
rules.add_perm("knowledge.manage", is_exam_officer)
rules.add_perm("knowledge.ask_support", is_agency_officer)
rules.add_perm("knowledge.list_requests", is_exam_officer | is_agency_officer)
rules.add_perm("knowledge.view_request", is_exam_officer | (is_agency_officer & is_officer_of_request))
rules.add_perm("knowledge.manage_list", has_list & (is_exam_officer | is_officer_of_round))
rules.add_perm("knowledge.view_report", has_role(Role.EXAM_OFFICER, Role.AUDITOR, Role.ADMINISTRATOR))
