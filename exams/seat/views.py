"""The way from the portal into a seat."""

from django.conf import settings
from django.http import HttpResponseRedirect
from django.utils import timezone

from exams.seat.models import Sitting
from exams.seat.services import take_seat

SEAT_COOKIE = "seat"


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
