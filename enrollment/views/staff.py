"""What officers do for their staff: enrol them from a list."""

from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from enrollment.forms import UploadForm
from enrollment.models import CourseRound
from enrollment.services import enrolments, rosters
from learning.people.access import PersonRequest, requires
from learning.portal.lists import list_page
from learning.spreadsheets import CONTENT_TYPES

ROUNDS = CourseRound.objects.select_related("course").with_conditions().with_taken()


@require_http_methods(["GET", "HEAD", "POST"])
@requires("enrollment.enrol_staff")
@never_cache
def upload(request: PersonRequest, pk: int) -> HttpResponse:
    """Check an uploaded list and show who would be enrolled."""
    found = get_object_or_404(ROUNDS.visible_to(request.user), pk=pk)
    if request.method == "POST":
        enrolments.refuse_unless_offered(found, now=timezone.now())
    return list_page(
        request,
        UploadForm(request.POST or None, request.FILES or None),
        check=partial(rosters.check_file, found, actor=request.user),
        seal=partial(rosters.seal, found, request.user),
        pages=("enrollment/staff/upload.html", "enrollment/staff/check.html"),
        context={"round": found},
    )


@require_POST
@requires("enrollment.enrol_staff")
def apply(request: PersonRequest, pk: int) -> HttpResponse:
    """Enrol the persons of a checked list."""
    found = get_object_or_404(ROUNDS.visible_to(request.user), pk=pk)
    entered = rosters.apply(found, request.POST.get("sealed", ""), actor=request.user, now=timezone.now())
    text = ngettext("%(n)s person is enrolled.", "%(n)s persons are enrolled.", entered.enrolled)
    messages.success(request, text % {"n": entered.enrolled})
    if entered.waiting:
        text = ngettext(
            "%(n)s person is on the waiting list.", "%(n)s persons are on the waiting list.", entered.waiting
        )
        messages.info(request, text % {"n": entered.waiting})
    if entered.left_out:
        text = ngettext(
            "%(n)s person could not be enrolled any more.",
            "%(n)s persons could not be enrolled any more.",
            entered.left_out,
        )
        messages.warning(request, text % {"n": entered.left_out})
    return redirect("catalogue:course", found.course.code)


@require_safe
@requires("enrollment.enrol_staff")
def template(_request: PersonRequest) -> HttpResponse:
    """Give an empty list."""
    response = HttpResponse(rosters.template(), content_type=CONTENT_TYPES["xlsx"])
    response["Content-Disposition"] = 'attachment; filename="enrolment-list.xlsx"'
    return response
