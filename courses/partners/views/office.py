"""Pages of those who look after courses on partners' platforms."""

from functools import partial

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from courses.catalogue.models import Course
from courses.partners.forms import ReportForm
from courses.partners.models import Outcome, Placement, Visit
from courses.partners.services import reports
from learning.people.access import PersonRequest, fetch, requires
from learning.portal.lists import list_page
from learning.portal.paging import page_of
from learning.spreadsheets import CONTENT_TYPES

_PERMISSION = "catalogue.look_after"
_EXTERNAL = Course.objects.exclude(provider="").select_related("owner__parent__parent")


@require_safe
@requires(_PERMISSION)
def courses(request: PersonRequest) -> HttpResponse:
    """List the person's courses on partners' platforms."""
    mine = Course.objects.looked_after_by(request.user).exclude(provider="").select_related("placement__tool")
    page = page_of(request, mine)
    visits = dict(
        Visit.objects.filter(course__in=page.object_list)
        .values_list("course")
        .annotate(Count("pk"))
        .order_by()
    )
    done = dict(
        Outcome.objects.filter(course__in=page.object_list, completed_at__isnull=False)
        .values_list("course")
        .annotate(Count("pk"))
        .order_by()
    )
    rows = [(course, visits.get(course.pk, 0), done.get(course.pk, 0)) for course in page]
    return render(request, "partners/office/courses.html", {"page": page, "rows": rows})


@require_safe
@requires(_PERMISSION)
def course(request: PersonRequest, code: str) -> HttpResponse:
    """Show who went to a course and what was reported."""
    found = fetch(request.user, _EXTERNAL, _PERMISSION, code=code)
    outcomes = Outcome.objects.filter(course=found)
    counts = outcomes.aggregate(
        reported=Count("pk"), completed=Count("pk", filter=Q(completed_at__isnull=False))
    )
    context = {
        "course": found,
        "placement": Placement.objects.select_related("tool").filter(course=found).first(),
        "visitors": Visit.objects.filter(course=found).count(),
        "page": page_of(request, outcomes.select_related("person").order_by("-reported_at", "-pk")),
        **counts,
    }
    return render(request, "partners/office/course.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(_PERMISSION)
def report(request: PersonRequest, code: str) -> HttpResponse:
    """Check an uploaded list of completions and show what would be kept."""
    found = fetch(request.user, _EXTERNAL, _PERMISSION, code=code)
    return list_page(
        request,
        ReportForm(request.POST or None, request.FILES or None),
        check=partial(reports.check_file, found, today=timezone.localdate()),
        seal=partial(reports.seal, found, request.user),
        pages=("partners/office/report.html", "partners/office/check.html"),
        context={"course": found},
    )


@require_POST
@requires(_PERMISSION)
def confirm(request: PersonRequest, code: str) -> HttpResponse:
    """Keep the completions of a checked list."""
    found = fetch(request.user, _EXTERNAL, _PERMISSION, code=code)
    count = reports.confirm(found, request.user, request.POST.get("sealed", ""), now=timezone.now())
    text = ngettext("%(n)s completion was recorded.", "%(n)s completions were recorded.", count)
    messages.success(request, text % {"n": count})
    return redirect("partners:office-course", found.code)


@require_safe
@requires(_PERMISSION)
def template(request: PersonRequest) -> HttpResponse:  # noqa: ARG001
    """Give an empty list of completions."""
    response = HttpResponse(reports.template("xlsx"), content_type=CONTENT_TYPES["xlsx"])
    response["Content-Disposition"] = 'attachment; filename="completions.xlsx"'
    return response
