"""Permissions over rooms on exam day. The object of each is a Scope."""

from typing import Any

import rules

from exams.registration.models import RoomDuty
from exams.room.scopes import Scope
from learning.people.access import has_role
from learning.people.models import Person, Role

is_exam_officer = has_role(Role.EXAM_OFFICER)
is_overseer = has_role(Role.EXAM_OFFICER, Role.AUDITOR)
is_invigilator = has_role(Role.INVIGILATOR)


@rules.predicate
def has_duty(user: Any, scope: Scope | None) -> bool:
    """Whether the user has duty in exactly this room in this round."""
    return (
        scope is not None
        and scope.room is not None
        and isinstance(user, Person)
        and RoomDuty.objects.filter(round=scope.round, room=scope.room, person=user).exists()
    )


# The list of rooms, and of rounds for those who oversee them.
rules.add_perm("room.use", is_overseer | is_invigilator)
rules.add_perm("room.oversee", is_overseer)
# Auditors look on; they change nothing and read no key.
rules.add_perm("room.watch", is_overseer | (is_invigilator & has_duty))
rules.add_perm("room.act", is_exam_officer | (is_invigilator & has_duty))
# To another room: only who sees both.
rules.add_perm("room.move_anywhere", is_exam_officer)
# Compensation is decided above the room, alike for all rooms.
rules.add_perm("room.compensate", is_exam_officer)
rules.add_perm("room.release", is_exam_officer)
