"""Where a request stands: whose registration, which unit, on which device. Views of units begin here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from courses.catalogue.models import Unit
from courses.player.devices import name_of
from courses.player.errors import SessionTaken
from courses.player.models import Registration, UnitProgress
from courses.player.pages import Page
from courses.player.services import registrations
from courses.player.services.outline import Outline, Step, outline
from learning.people.access import PersonRequest, fetch

REGISTRATIONS = Registration.objects.select_related("version__course__owner", "last_unit")
# Where a browser keeps the tokens of the courses it has open; the oldest goes first.
_KEPT_IN, _MOST_KEPT = "player_sessions", 20


@dataclass(frozen=True)
class Place:
    """A unit of a registration that is open to the person who asks, on the device that writes."""

    registration: Registration
    outline: Outline
    step: Step
    # The token of the device.
    session: str
    now: datetime

    @property
    def unit(self) -> Unit:
        """The unit."""
        return self.step.unit

    @property
    def progress(self) -> UnitProgress | None:
        """How far the learner was when the request came."""
        return self.step.progress

    @property
    def page(self) -> Page:
        """What the page carries to say later."""
        return Page(self.registration.pk, self.unit.pk, self.session, self.now)


UnitView = Callable[[PersonRequest, Place], HttpResponseBase]


def own_registration(request: PersonRequest, key: UUID) -> Registration:
    """Return a registration of the person who asks. Raises Http404, PermissionDenied."""
    return fetch(request.user, REGISTRATIONS, "player.learn", pk=key)


def at_unit(view: UnitView) -> Callable[..., HttpResponseBase]:
    """Call `view` with the place, or show why the unit is closed, or who has the course open elsewhere.

    What would be read is answered with a page; what would be written raises SessionTaken or UnitClosed.
    """

    @wraps(view)
    @login_required
    @never_cache
    def guarded(request: PersonRequest, registration: UUID, unit: int) -> HttpResponseBase:
        found = own_registration(request, registration)
        now = timezone.now()
        way = outline(found, now=now)
        step = way.step(unit)
        if step is None:
            raise Http404
        is_read = request.method in {"GET", "HEAD"}
        if step.closed is not None:
            if not is_read:
                raise step.closed
            context = {"registration": found, "outline": way, "step": step}
            return render(request, "player/closed.html", context, status=step.closed.status)
        session = session_of(request, found) or enter(request, found, now=now)
        if not session and not is_read:
            raise SessionTaken
        if not session:
            return render(request, "player/elsewhere.html", {"registration": found, "step": step}, status=409)
        return view(request, Place(found, way, step, session, now))

    return guarded


def at_record(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Call `view` with the place of a unit whose records are read: open or closed, on any device."""

    @wraps(view)
    @login_required
    @never_cache
    def guarded(request: PersonRequest, registration: UUID, unit: int, **rest: object) -> HttpResponseBase:
        found = own_registration(request, registration)
        now = timezone.now()
        way = outline(found, now=now)
        step = way.step(unit)
        if step is None:
            raise Http404
        return view(request, Place(found, way, step, session_of(request, found), now), **rest)

    return guarded


def session_of(request: HttpRequest, registration: Registration) -> str:
    """Return the token of this device if it is the one that writes, else nothing."""
    token = request.session.get(_KEPT_IN, {}).get(str(registration.pk), "")
    try:
        registrations.check_session(registration, token)
    except SessionTaken:
        return ""
    return str(token)


def leave(request: HttpRequest, **_rest: object) -> None:
    """Let go of the courses that this device holds, when its person signs out."""
    registrations.release(request.session.get(_KEPT_IN, {}))


def enter(request: HttpRequest, registration: Registration, *, now: datetime) -> str:
    """Take the course over from a device that fell silent, or from none; nothing if one has it open."""
    if registrations.is_in_use(registration, now=now):
        return ""
    return take(request, registration, now=now)


def take(request: HttpRequest, registration: Registration, *, now: datetime) -> str:
    """Make this device the one that writes, and return its token."""
    device = name_of(request.headers.get("User-Agent", ""))
    token = registrations.take_session(registration, device, now=now)
    kept = request.session.get(_KEPT_IN, {})
    kept.pop(str(registration.pk), None)
    kept[str(registration.pk)] = token
    request.session[_KEPT_IN] = dict(list(kept.items())[-_MOST_KEPT:])
    return token
