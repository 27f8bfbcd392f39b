"""What the player puts on the portal's pages."""

from django.http import HttpRequest

from courses.player.models import Purpose, Registration

_MY_COURSES = 5


def my(request: HttpRequest) -> dict[str, object] | None:
    """Show the courses that the person touched last, each with its way to go on."""
    own = Registration.objects.filter(person=request.user.pk, purpose=Purpose.LEARNING)
    rows = list(
        own.exclude(last_active_at=None)
        .select_related("version__course", "last_unit")
        .order_by("-last_active_at")[:_MY_COURSES]
    )
    return {"registrations": rows} if rows else None
