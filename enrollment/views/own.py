"""What is a learner's own: the training record, the calendar, the choice of reminders."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from enrollment import calendars
from enrollment.models import Enrolment
from enrollment.services import record, reminders
from learning.people.access import PersonRequest, fetch, requires
from learning.spreadsheets import CONTENT_TYPES, Format

OWN = Enrolment.objects.select_related("course", "round", "registration")


def _year(request: HttpRequest) -> int:
    """Return the fiscal year asked for, or this one. Raises Http404 for what is none."""
    text = request.GET.get("year", "")
    if not text:
        return record.fiscal_year(timezone.localdate())
    if not (text.isascii() and text.isdecimal() and 2500 <= int(text) <= 2700):  # noqa: PLR2004
        raise Http404
    return int(text)


@require_safe
@requires("people.use")
@never_cache
def training_record(request: PersonRequest) -> HttpResponse:
    """Show what the person completed in a fiscal year, ready to print."""
    year = _year(request)
    rows = list(record.completed(request.user, year))
    context = {
        "year": year,
        "years": record.years(request.user, now=timezone.now()),
        "rows": rows,
        "hours": record.hours(rows),
    }
    return render(request, "enrollment/record.html", context)


@require_safe
@requires("people.use")
@never_cache
def record_file(request: PersonRequest, kind: Format) -> HttpResponse:
    """Give the training record of a fiscal year as a file."""
    year = _year(request)
    response = HttpResponse(record.export(request.user, year, kind), content_type=CONTENT_TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="training-record-{year}.{kind}"'
    return response


@require_safe
@login_required
@never_cache
def calendar(request: PersonRequest, pk: int) -> HttpResponse:
    """Give the dates of an enrolment as a calendar file."""
    enrolment = fetch(request.user, OWN, "enrollment.use_own", pk=pk)
    registration = enrolment.registration
    if registration is None or not (registration.opens_at or registration.closes_at):
        raise Http404
    content = calendars.calendar(enrolment, registration, now=timezone.now())
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="course-{enrolment.course.code}.ics"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@requires("people.use")
@never_cache
def choose_reminders(request: PersonRequest) -> HttpResponse:
    """Let the person choose whether to be reminded by e-mail."""
    if request.method == "POST":
        wanted = request.POST.get("wanted") == "yes"
        reminders.choose(request.user, wanted=wanted)
        messages.success(request, _("You will be reminded.") if wanted else _("You will not be reminded."))
        return redirect("enrollment:reminders")
    context = {"wanted": reminders.wants_reminders(request.user)}
    return render(request, "enrollment/reminders.html", context)


# A mail program posts here by itself (RFC 8058); the signed token is all it can show.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def stop_reminders(request: HttpRequest, token: str) -> HttpResponse:
    """Ask, then stop the reminders of whoever the link was sent to."""
    person = reminders.person_of(token)
    if request.method == "POST":
        reminders.choose(person, wanted=False)
    context = {"is_stopped": not reminders.wants_reminders(person)}
    return render(request, "enrollment/stop_reminders.html", context)
