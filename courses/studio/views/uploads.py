"""Files of a course: brought, and the reports of their checks."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from courses.catalogue.models import Course, CourseVersion, Unit, UnitKind
from courses.studio.forms.uploads import UploadForm
from courses.studio.models import UploadCheck
from courses.studio.services.uploads import take
from courses.studio.views.fetching import course_of
from learning.people.access import PersonRequest, fetch, requires
from learning.portal.forms import form_page
from learning.portal.paging import page_of


@require_http_methods(["GET", "HEAD", "POST"])
@requires("studio.build")
def index(request: PersonRequest, code: str) -> HttpResponse:
    """List the files of a course with their reports, and take another one."""
    course = course_of(request, code)
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        check = take(course, file, file.name, actor=request.user)
        return redirect("studio:report", check.pk)
    checks = course.upload_checks.select_related("uploaded_by", "package")
    context = {"course": course, "form": form, "page": page_of(request, checks)}
    return form_page(request, "studio/uploads.html", context)


@require_safe
@requires("people.use")
def report(request: PersonRequest, pk: int) -> HttpResponse:
    """Show the report of a file to those who build the course, and to who reviews it."""
    checks = UploadCheck.objects.select_related("course__owner__parent__parent", "uploaded_by", "package")
    check = fetch(request.user, checks, "studio.read_report", pk=pk)
    may_build = request.user.has_perm("studio.build", check.course)
    version = _version_in_writing(check.course) if may_build and check.package else None
    topics = list(version.topics.select_related("version")) if version else []
    context = {
        "check": check,
        "course": check.course,
        "report": check.report,
        "may_build": may_build,
        "topics": topics,
        "first_topic_in": version if not topics else None,
        "kind": UnitKind.showing(check.report["kind"]),
        "used_in": Unit.objects.filter(
            package=check.package, topic__version__course=check.course
        ).select_related("topic__version")
        if check.package
        else [],
    }
    return render(request, "studio/report.html", context)


def _version_in_writing(course: Course) -> CourseVersion | None:
    return next((each for each in course.versions.order_by("-number") if each.is_in_writing), None)
