"""What partners' courses put on the portal's pages."""

from django.http import HttpRequest

from courses.catalogue.models import Course
from courses.catalogue.models import Launch as How
from courses.partners.models import Outcome, Placement, Visit
from learning.people.models import Person

_MINE = 10


def course(request: HttpRequest, *, course: Course) -> dict[str, object] | None:
    """Show the way to the partner, and what the person has done there."""
    if not course.is_external or course.retired_at:
        return None
    is_connected = (
        course.launch == How.LINK or Placement.objects.filter(course=course, tool__is_active=True).exists()
    )
    user = request.user
    own = {"person": user, "course": course}
    return {
        "is_connected": is_connected,
        "visit": Visit.objects.filter(**own).first() if isinstance(user, Person) else None,
        "outcome": Outcome.objects.filter(**own).first() if isinstance(user, Person) else None,
    }


def my(request: HttpRequest) -> dict[str, object] | None:
    """Show where the person went last, and what was reported back."""
    visits = list(
        Visit.objects.filter(person=request.user.pk).select_related("course").order_by("-last_at")[:_MINE]
    )
    outcomes = {
        outcome.course_id: outcome
        for outcome in Outcome.objects.filter(person=request.user.pk)
        .select_related("course")
        .order_by("-reported_at")[:_MINE]
    }
    rows: list[tuple[Course, Visit | None, Outcome | None]] = [
        (visit.course, visit, outcomes.pop(visit.course_id, None)) for visit in visits
    ]
    rows += [(outcome.course, None, outcome) for outcome in outcomes.values()]
    return {"rows": rows} if rows else None


def staff(_request: HttpRequest) -> dict[str, object]:
    """Link to the pages of those who look after courses at partners."""
    return {}
