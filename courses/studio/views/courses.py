"""Pages of courses: the list, a course, its description; what waits for whom."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from courses.catalogue.errors import CodeTaken, InvalidCourse
from courses.catalogue.models import Course, VersionStatus
from courses.catalogue.services import courses as services
from courses.studio import exporting, history, work
from courses.studio.errors import ChangedMeanwhile
from courses.studio.forms.course import (
    CopyForm,
    CourseForm,
    ListForm,
    initial_of,
    instructor_forms,
    named_in,
)
from courses.studio.services import copying
from courses.studio.services.courses import change_course
from courses.studio.views.fetching import course_of
from learning.people.access import PersonRequest, requires
from learning.portal import registry
from learning.portal.forms import form_page
from learning.portal.paging import page_of
from learning.spreadsheets import CONTENT_TYPES, Format


def _sent(request: PersonRequest) -> tuple[QueryDict | None, Any]:
    """Return what was sent in and its files; None where the page is only looked at."""
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


@require_safe
@requires("people.use")
def index(request: PersonRequest) -> HttpResponse:
    """Show what waits for the person's review, and the courses that they build."""
    person = request.user
    may_build = person.has_perm("studio.build")
    context = {
        "waiting": work.waiting_for(person),
        "reviewed": work.reviewed_by(person),
        "may_build": may_build,
        "may_open_banks": person.has_perm("studio.open_banks"),
    }
    if may_build:
        form = ListForm(request.GET)
        found = work.courses_of(person)
        if form.is_valid():
            found = found.matching(form.cleaned_data["q"])
        context |= {"form": form, "page": page_of(request, found)}
    return render(request, "studio/index.html", context)


@require_safe
@requires("studio.build")
@never_cache
def export(request: PersonRequest, kind: Format) -> HttpResponse:
    """Give the courses of the person's agencies as a table."""
    content = exporting.export(Course.objects.looked_after_by(request.user), kind, actor=request.user)
    response = HttpResponse(content, content_type=CONTENT_TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="courses.{kind}"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@requires("studio.build")
def create(request: PersonRequest) -> HttpResponse:
    """Make a course, and begin its first version."""
    data, files = _sent(request)
    form = CourseForm(data, files, person=request.user)
    rows = instructor_forms(data, None)
    if request.method == "POST" and form.is_valid() and rows.is_valid():
        try:
            made = services.create_course(
                form.cleaned_data["code"], form.description, instructors=named_in(rows), actor=request.user
            )
        except CodeTaken as error:
            form.add_error("code", str(error))
        except InvalidCourse as error:
            form.add_error(None, str(error))
        else:
            if form.cleaned_data["cover"]:
                services.set_cover(made, form.cleaned_data["cover"], actor=request.user)
            version = copying.start(made, actor=request.user)
            messages.success(request, _("The course has been made. Now write its topics and units."))
            return redirect("studio:version", made.code, version.number)
    return form_page(request, "studio/course_form.html", {"form": form, "rows": rows})


@require_safe
@requires("studio.build")
def course(request: PersonRequest, code: str) -> HttpResponse:
    """Show a course: its description, its versions, its history."""
    found = course_of(request, code)
    versions = list(found.versions.select_related("author").order_by("-number"))
    in_work = next((each for each in versions if each.status not in _SETTLED), None)
    context = {
        "course": found,
        "versions": versions,
        "may_start": in_work is None and found.retired_at is None,
        "panels": registry.panels(request, "studio", course=found),
        "events": history.history(found)[:_EVENTS],
    }
    return render(request, "studio/course.html", context)


_SETTLED = {VersionStatus.PUBLISHED, VersionStatus.RETIRED}
_EVENTS = 30


@require_http_methods(["GET", "HEAD", "POST"])
@requires("studio.build")
def edit(request: PersonRequest, code: str) -> HttpResponse:
    """Describe a course anew."""
    found = course_of(request, code)
    data, files = _sent(request)
    form = CourseForm(data, files, person=request.user, course=found, initial=initial_of(found))
    rows = instructor_forms(data, found)
    if request.method == "POST" and form.is_valid() and rows.is_valid():
        try:
            change_course(
                found,
                form.description,
                instructors=named_in(rows),
                cover=form.cleaned_data["cover"],
                seen=form.cleaned_data["seen"],
                actor=request.user,
            )
        except InvalidCourse as error:
            form.add_error(None, str(error))
        except ChangedMeanwhile as error:
            found.refresh_from_db()
            form.add_error(None, str(error))
            form.data = dict(form.data.items()) | {"seen": str(found.fingerprint)}
        else:
            messages.success(request, _("The course has been saved."))
            return redirect("studio:course", found.code)
    return form_page(request, "studio/course_form.html", {"form": form, "rows": rows, "course": found})


@require_http_methods(["GET", "HEAD", "POST"])
@requires("studio.build")
def copy(request: PersonRequest, code: str) -> HttpResponse:
    """Make a course from this one."""
    found = course_of(request, code)
    newest = found.versions.order_by("-number").first()
    name = _("%(name)s (copy)") % {"name": found.name_th}
    form = CopyForm(
        _sent(request)[0], person=request.user, initial={"name_th": name[:200], "owner": found.owner_id}
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = copying.copy_course(found, newest, actor=request.user, **form.cleaned_data)
        except (CodeTaken, InvalidCourse) as error:
            form.add_error("code", str(error))
        else:
            messages.success(request, _("The copy is a draft; the first course stays as it is."))
            return redirect("studio:course", made.code)
    return form_page(request, "studio/copy.html", {"form": form, "course": found})


@require_POST
@requires("studio.build")
def start(request: PersonRequest, code: str) -> HttpResponse:
    """Begin the next version."""
    version = copying.start(course_of(request, code), actor=request.user)
    messages.success(request, _("The version has been begun. Learners stay in the one they are in."))
    return redirect("studio:version", code, version.number)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("studio.build")
def retire(request: PersonRequest, code: str) -> HttpResponse:
    """Ask whether a course should no longer be offered, and see to it."""
    found = course_of(request, code)
    if request.method == "POST":
        services.retire_course(found, actor=request.user, now=timezone.now())
        messages.success(request, _("The course is no longer offered."))
        return redirect("studio:course", code)
    return render(request, "studio/retire.html", {"course": found})
