"""Pages of those who look after courses."""

from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from courses.catalogue import exporting
from courses.catalogue.models import Course, CourseVersion
from learning.people.access import PersonRequest, requires
from learning.portal.paging import page_of
from learning.portal.search import SearchForm
from learning.spreadsheets import CONTENT_TYPES, Format


@require_safe
@requires("catalogue.look_after")
def courses(request: PersonRequest) -> HttpResponse:
    """List the courses of the person's agencies, those that nobody else sees as well."""
    versions = CourseVersion.objects.order_by("-number")
    mine = Course.objects.looked_after_by(request.user).select_related("owner")
    form = SearchForm(request.GET)
    if form.is_valid():
        mine = mine.matching(form.cleaned_data["q"])
    page = page_of(request, mine.prefetch_related(Prefetch("versions", versions)))
    return render(request, "catalogue/office/courses.html", {"page": page, "form": form})


@require_safe
@requires("catalogue.look_after")
@never_cache
def export(request: PersonRequest, kind: Format) -> HttpResponse:
    """Give the courses of the person's agencies as a table."""
    content = exporting.export(Course.objects.looked_after_by(request.user), kind, actor=request.user)
    response = HttpResponse(content, content_type=CONTENT_TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="courses.{kind}"'
    return response
