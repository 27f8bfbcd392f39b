"""The dates of an enrolment as a calendar file (RFC 5545), in the time of Bangkok."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from icalendar import Alarm, Calendar, Event

from courses.player.models import Registration
from enrollment.models import Enrolment

_BANGKOK = ZoneInfo("Asia/Bangkok")
_LENGTH = timedelta(minutes=30)


def calendar(enrolment: Enrolment, registration: Registration, *, now: datetime) -> bytes:
    """Return a file with the opening and the end of learning, those of them that have a date."""
    made = Calendar()
    made.add("prodid", "-//OCSC Learning Portal//Enrolment//TH")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    opens, closes = registration.opens_at, registration.closes_at
    if opens is not None:
        made.add_component(
            _event(enrolment, registration, "opens", opens, _("Learning opens: %(course)s"), now)
        )
    if closes is not None:
        ends = closes - _LENGTH
        event = _event(enrolment, registration, "closes", ends, _("Learning closes: %(course)s"), now)
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", enrolment.course.name)
        alarm.add("trigger", -timedelta(days=1))
        event.add_component(alarm)
        made.add_component(event)
    made.add_missing_timezones()
    return bytes(made.to_ical())


def _event(
    enrolment: Enrolment, registration: Registration, what: str, begins: datetime, title: str, now: datetime
) -> Event:
    event = Event()
    # The same for good, so that a file fetched again replaces what the calendar has.
    event.add("uid", f"{registration.pk}-{what}@{settings.PUBLIC_ORIGIN.partition('://')[2]}")
    begin = begins.astimezone(_BANGKOK)
    # When the file was made (3.8.7.2): of two revisions calendars keep the one that was made later.
    event.add("dtstamp", now)
    event.add("dtstart", begin)
    event.add("dtend", begin + _LENGTH)
    event.add("summary", title % {"course": enrolment.course.name})
    event.add("description", _("Round %(name)s") % {"name": enrolment.round.name})
    address = settings.PUBLIC_ORIGIN + reverse("catalogue:course", args=[enrolment.course.code])
    event.add("url", address)
    return event
