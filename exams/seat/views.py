"""The way from the portal into a seat."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from exams.seat.models import Sitting
from exams.seat.services import seat_path, sittings_with_passes, take_seat
from learning.people.models import Person

SEAT_COOKIE = "seat"


class SignOutMiddleware:
    """Take the seat passes out of a browser in which somebody signs out.

    A pass does not need the session, so that a long exam survives its end. But computers are shared, and
    whoever signs out does not expect the next person to find their paper open.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on, and delete the passes of who was signed in before it and is not after."""
        if request.path != reverse("account_logout") or request.method != "POST":
            return self.get_response(request)
        person = request.user
        response = self.get_response(request)
        if isinstance(person, Person) and not request.user.is_authenticated:
            for sitting in sittings_with_passes(person, now=timezone.now()):
                response.delete_cookie(SEAT_COOKIE, path=seat_path(sitting), samesite="Lax")
        return response


def enter(sitting: Sitting) -> HttpResponseRedirect:
    """Send the browser into the sitting with its pass. The caller has checked that it is theirs."""
    seat_pass = take_seat(sitting, now=timezone.now())
    response = HttpResponseRedirect(seat_pass.path)
    response.set_cookie(
        SEAT_COOKIE,
        seat_pass.token,
        max_age=seat_pass.max_age,
        path=seat_pass.path,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        # Lax keeps it off cross-site posts, and lets a link to the sitting still work.
        samesite="Lax",
    )
    return response
