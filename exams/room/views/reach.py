"""From the numbers in an address to a scope this person may watch or act in."""

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404

from exams.registration.models import Centre, Room, Round
from exams.room.scopes import Scope
from learning.people.access import PersonRequest

ROUNDS = Round.objects.select_related("examination", "envelope")


def reach(
    request: PersonRequest,
    permission: str,
    round_pk: int,
    *,
    centre_pk: int | None = None,
    room_pk: int | None = None,
) -> Scope:
    """Return the scope. Raises Http404 where there is none, PermissionDenied where it is not theirs."""
    round_ = get_object_or_404(ROUNDS, pk=round_pk)
    room = centre = None
    if room_pk is not None:
        room = get_object_or_404(Room.objects.select_related("centre"), pk=room_pk)
        centre = room.centre
    elif centre_pk is not None:
        centre = get_object_or_404(Centre, pk=centre_pk)
    scope = Scope(round_, centre, room)
    if not request.user.has_perm(permission, scope):
        raise PermissionDenied
    return scope
