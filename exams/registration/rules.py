"""Permissions over examinations, rounds, rooms and candidates."""

from typing import Any

import rules

from exams.registration.models import Candidate, RoomDuty, Round
from learning.people.access import has_role, is_signed_in
from learning.people.models import Person, Role

is_exam_officer = has_role(Role.EXAM_OFFICER)
is_invigilator = has_role(Role.INVIGILATOR)


@rules.predicate
def has_duty_there(user: Any, use: Any) -> bool:
    """Whether the user has duty in this room for this round; `use` is a row of Round.rooms."""
    return (
        isinstance(use, Round.rooms.through)
        and RoomDuty.objects.filter(round=use.round_id, room=use.room_id, person=user).exists()
    )


@rules.predicate
def is_own_candidacy(user: Any, candidate: Candidate | None) -> bool:
    """Whether the user is the candidate."""
    return candidate is not None and isinstance(user, Person) and candidate.person_id == user.pk


@rules.predicate
def sits_in_own_room(user: Any, candidate: Candidate | None) -> bool:
    """Whether the candidate has a seat in a room where the user has duty for that round."""
    return (
        candidate is not None
        and RoomDuty.objects.filter(
            round=candidate.round_id, person=user, room__seats__placements__candidate=candidate
        ).exists()
    )


rules.add_perm("registration.manage", is_exam_officer)
rules.add_perm("registration.take_part", is_signed_in)
# Door list and seat plan.
rules.add_perm("registration.see_room", is_exam_officer | (is_invigilator & has_duty_there))
rules.add_perm("registration.own", is_own_candidacy)
# Admission card and photograph.
rules.add_perm(
    "registration.see_candidate", is_exam_officer | is_own_candidacy | (is_invigilator & sits_in_own_room)
)
