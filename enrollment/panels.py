"""What enrolment puts on the pages of courses and of the portal."""

from dataclasses import dataclass

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from courses.catalogue.models import Course, Curriculum, VersionStatus
from courses.player.models import Registration
from enrollment import eligibility
from enrollment.eligibility import Window
from enrollment.models import ACTIVE, CourseRound, Enrolment, EnrolmentState
from enrollment.services import curricula, enrolments, learning
from learning.people.models import Person

_ROUNDS = 6
_LATEST = 5


@dataclass(frozen=True)
class Offer:
    """A round as one person sees it: what stands between them and a seat."""

    round: CourseRound
    window: Window
    # Sentences, one for every condition that is not met.
    unmet: list[str]
    enrolment: Enrolment | None

    @property
    def free(self) -> int | None:
        """Seats left; None where there is no limit."""
        taken: int | None = self.round.taken  # type: ignore[attr-defined]  # annotated
        return None if taken is None or self.round.capacity is None else max(0, self.round.capacity - taken)

    @property
    def is_full(self) -> bool:
        """Whether nobody gets in, not even onto a waiting list."""
        return self.free == 0 and not self.round.has_waiting_list

    @property
    def is_open(self) -> bool:
        """Whether this person can enrol now."""
        return self.window == Window.OPEN and not self.unmet and not self.is_full


def course(request: HttpRequest, *, course: Course) -> dict[str, object] | None:
    """Show the rounds of a course, each with its button or the reason why there is none.

    A course that is no longer offered shows only what somebody is still in.
    """
    may_manage = request.user.has_perm("enrollment.manage_rounds", course)
    is_offered = course.retired_at is None
    now = timezone.now()
    person = request.user if isinstance(request.user, Person) else None
    own = learning.of_course(person, course) if person else []
    current = next((each for each in own if each.state in ACTIVE or each.is_open), None)
    if not (is_offered or may_manage or current):
        return None
    rounds = CourseRound.objects.filter(course=course)
    found = rounds.not_over(now).with_conditions().with_taken()[:_ROUNDS]
    offers = _offers(list(found), person, own) if is_offered or may_manage else []
    closed = rounds.filter(registration_closes_at__lte=now).order_by("-registration_closes_at")
    address = reverse("catalogue:course", args=[course.code])
    return {
        "offers": [offer for offer in offers if current is None or offer.enrolment is not current],
        # Who comes too late reads since when; of a course that is open that is no news.
        "closed": None if offers or current else closed.first(),
        "current": current,
        "refused": next((each for each in own if each.state == EnrolmentState.REFUSED), None),
        "may_manage": may_manage,
        "may_enrol_staff": request.user.has_perm("enrollment.enrol_staff"),
        "is_busy": current is not None and current.state in ACTIVE,
        "sign_in": f"{reverse('account_login')}?{urlencode({REDIRECT_FIELD_NAME: address})}",
    }


def studio(request: HttpRequest, *, course: Course) -> dict[str, object] | None:
    """Lead who has built a course to its rounds and figures, and say when nobody can get in yet."""
    if not request.user.has_perm("enrollment.manage_rounds", course):
        return None
    is_closed = course.retired_at is None and not CourseRound.objects.filter(course=course).exists()
    published = course.versions.filter(status=VersionStatus.PUBLISHED)
    return {"needs_round": is_closed and published.exists()}


def curriculum(request: HttpRequest, *, curriculum: Curriculum) -> dict[str, object] | None:
    """Show how far the person is in a curriculum."""
    if not isinstance(request.user, Person):
        return None
    return {"way": curricula.way_of(request.user, curriculum)}


def _offers(rounds: list[CourseRound], person: Person | None, own: list[Enrolment]) -> list[Offer]:
    applicant = eligibility.applicant(person) if person and rounds else None
    mine = {enrolment.round_id: enrolment for enrolment in own}
    now = timezone.now()
    return [
        Offer(
            round=round_,
            window=eligibility.window(round_.registration_opens_at, round_.registration_closes_at, now),
            unmet=eligibility.unmet(eligibility.conditions_of(round_), applicant) if applicant else [],
            enrolment=mine.get(round_.pk),
        )
        for round_ in rounds
    ]


def learning_page(request: HttpRequest, *, registration: Registration) -> dict[str, object] | None:
    """Show the deadline, and what is missing; nothing in a preview."""
    enrolment = (
        Enrolment.objects.filter(registration=registration).select_related("certificate", "round").first()
    )
    if enrolment is None or enrolment.person_id != request.user.pk:
        return None
    return {"enrolment": enrolment, "closes_at": registration.closes_at}


def home(request: HttpRequest) -> dict[str, object] | None:
    """Show where the person goes on learning; nothing where there is nothing to go on with."""
    rows = learning.going_on(request.user)[:3] if isinstance(request.user, Person) else []
    return {"rows": list(rows)} if rows else None


def my(request: HttpRequest) -> dict[str, object]:
    """Show the person's latest courses."""
    assert isinstance(request.user, Person)
    rows = list(learning.mine(request.user)[: _LATEST + 1])
    return {"rows": rows[:_LATEST], "has_more": len(rows) > _LATEST}


def staff(request: HttpRequest) -> dict[str, object]:
    """Link to what officers do with enrolments, and to the requests that wait for this person."""
    assert isinstance(request.user, Person)
    return {
        "waiting": enrolments.to_decide(request.user).count(),
        "may_manage": request.user.has_perm("enrollment.manage_rounds"),
    }
