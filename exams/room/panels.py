"""What exam rooms put on the portal's pages."""

from django.http import HttpRequest

from exams.registration.models import RoomDuty, RoundStatus

_DUTIES = 5


def staff(request: HttpRequest) -> dict[str, object]:
    """Show the rooms in which the person has duty."""
    duties = RoomDuty.objects.filter(person=request.user.pk).exclude(round__status=RoundStatus.CLOSED)
    shown = duties.select_related("round", "room__centre").order_by("round__starts_at")
    return {"duties": list(shown[:_DUTIES])}
