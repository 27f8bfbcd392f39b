"""The own questions of a test: the list, one question, a table of them."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from courses.catalogue.errors import VersionFrozen
from courses.catalogue.models import CourseVersion, Unit, UnitKind
from courses.studio.errors import ChangedMeanwhile, TableCheckExpired
from courses.studio.forms.questions import QuestionForm, TableForm
from courses.studio.services import questions
from courses.studio.services.writing import unit_seen
from courses.studio.views.fetching import unit_in, version_of
from courses.studio.views.outline import show_conflict
from learning.people.access import PersonRequest, requires
from learning.people.rosters import Seal
from learning.portal.forms import form_page
from learning.portal.lists import list_page
from learning.spreadsheets import CONTENT_TYPES, Format

_SEAL = Seal("studio-questions", TableCheckExpired)


@require_safe
@requires("studio.build")
def index(request: PersonRequest, code: str, number: int, pk: int) -> HttpResponse:
    """List the questions of a test."""
    found, unit = _test(request, code, number, pk)
    return render(request, "studio/questions.html", _context(found, unit))


@require_http_methods(["GET", "HEAD", "POST"])
@requires("studio.build")
def write(request: PersonRequest, code: str, number: int, pk: int, place: int | None = None) -> HttpResponse:
    """Write a question."""
    found, unit = _test(request, code, number, pk)
    present = _question(unit, place) if place is not None else None
    initial = (QuestionForm.initial_of(present) if present else {}) | {"seen": unit_seen(unit)}
    form = QuestionForm(request.POST if request.method == "POST" else None, initial=initial)
    context = _context(found, unit) | {"form": form, "place": place}
    if request.method == "POST" and form.is_valid():
        try:
            seen = form.cleaned_data["seen"]
            questions.write(unit, place, form.question, seen=seen, actor=request.user)
        except ChangedMeanwhile as error:
            unit.refresh_from_db()
            show_conflict(form, error, unit_seen(unit))
            items = questions.questions_of(unit)
            context["conflict"] = items[place] if place is not None and place < len(items) else None
        else:
            if "another" in request.POST:
                return redirect("studio:question-new", code, number, pk)
            return redirect("studio:questions", code, number, pk)
    return form_page(request, "studio/question.html", context)


@require_POST
@requires("studio.build")
def move(request: PersonRequest, code: str, number: int, pk: int, place: int) -> HttpResponse:
    """Move a question one place up or down."""
    _found, unit = _test(request, code, number, pk)
    _question(unit, place)
    by = -1 if request.POST.get("direction") == "up" else 1
    questions.move(unit, place, by, seen=request.POST.get("seen", ""), actor=request.user)
    return redirect("studio:questions", code, number, pk)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("studio.build")
def remove(request: PersonRequest, code: str, number: int, pk: int, place: int) -> HttpResponse:
    """Ask whether a question should go, and remove it."""
    found, unit = _test(request, code, number, pk)
    question = _question(unit, place)
    if request.method == "POST":
        questions.remove(unit, place, seen=request.POST.get("seen", ""), actor=request.user)
        messages.success(request, _("The question has been removed."))
        return redirect("studio:questions", code, number, pk)
    return render(
        request, "studio/question_remove.html", _context(found, unit) | {"question": question, "place": place}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires("studio.build")
def bring(request: PersonRequest, code: str, number: int, pk: int) -> HttpResponse:
    """Read a table of questions, show what is wrong in it, and bring the good ones when confirmed."""
    found, unit = _test(request, code, number, pk)
    context: dict[str, Any] = _context(found, unit) | {"headings": questions.headings()}
    if request.method == "POST" and "sealed" in request.POST:
        good = _SEAL.open(unit, request.user, request.POST["sealed"])
        count = questions.add_all(unit, good, seen=request.POST.get("seen", ""), actor=request.user)
        messages.success(request, _("%(count)d questions have been added.") % {"count": count})
        return redirect("studio:questions", code, number, pk)
    return list_page(
        request,
        TableForm(request.POST, request.FILES) if request.method == "POST" else TableForm(),
        check=partial(questions.read, present=questions.questions_of(unit)),
        seal=lambda read: _SEAL.close(unit, request.user, read.questions),
        pages=("studio/questions_import.html", "studio/questions_check.html"),
        context=context,
    )


@require_safe
@requires("studio.build")
def table(request: PersonRequest, code: str, number: int, pk: int, file_format: str) -> HttpResponse:
    """Give the questions as a table; of a test without any, the template."""
    _found, unit = _test(request, code, number, pk, is_written=False)
    if file_format not in CONTENT_TYPES:
        raise Http404
    kind: Format = "xlsx" if file_format == "xlsx" else "csv"
    response = HttpResponse(
        questions.table(questions.questions_of(unit), kind), content_type=CONTENT_TYPES[kind]
    )
    response["Content-Disposition"] = f'attachment; filename="{code}-questions.{kind}"'
    return response


def _test(
    request: PersonRequest, code: str, number: int, pk: int, *, is_written: bool = True
) -> tuple[CourseVersion, Unit]:
    found = version_of(request, code, number)
    unit = unit_in(found, pk)
    if unit.kind != UnitKind.TEST or "draw" in unit.content:
        raise Http404
    if is_written and not found.is_in_writing:
        raise VersionFrozen
    return found, unit


def _question(unit: Unit, place: int) -> dict[str, Any]:
    items = questions.questions_of(unit)
    if place >= len(items):
        raise Http404
    return items[place]


def _context(version: CourseVersion, unit: Unit) -> dict[str, Any]:
    return {
        "version": version,
        "course": version.course,
        "unit": unit,
        "questions": questions.questions_of(unit),
        "seen": unit_seen(unit),
    }
