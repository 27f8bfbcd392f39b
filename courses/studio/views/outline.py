"""The outline of a version: topics, units, order, what completes it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from courses.catalogue.contents import TestContent
from courses.catalogue.errors import VersionFrozen
from courses.catalogue.models import CompletionRule, CourseVersion, Topic, Unit, UnitKind
from courses.player.services.attempts import asked_in
from courses.studio import work
from courses.studio.errors import ChangedMeanwhile, InvalidUnit, OrderImpossible, RuleImpossible, WrongStep
from courses.studio.forms.outline import (
    OWN,
    UNIT_FORMS,
    RuleForm,
    TestForm,
    TopicForm,
    UnitForm,
    survey_content,
    survey_rows,
)
from courses.studio.forms.questions import QuestionForm
from courses.studio.forms.review import CommentForm, VerdictForm
from courses.studio.models import Schedule, UploadCheck
from courses.studio.services import comments, drawing, outline, readiness, reviews, rules
from courses.studio.services.writing import rule_seen, topic_seen, unit_seen
from courses.studio.views.fetching import topic_in, unit_in, version_of
from courses.studio.workflow import Step, is_open
from learning.people.access import PersonRequest, requires
from learning.portal.forms import form_page

KINDS = [(kind.value, kind.label) for kind in UnitKind]


@require_safe
@requires("people.use")
def version(request: PersonRequest, code: str, number: int) -> HttpResponse:
    """Show a version to its authors and reviewers: outline, comments, what can be done next."""
    found = version_of(request, code, number, "studio.see")
    may_write = request.user.has_perm("studio.write", found)
    threads = comments.threads(found)
    topics = list(found.topics.prefetch_related("units__package", "units__opens_after"))
    review = reviews.open_review(found)
    may_decide = reviews.may_decide(found, request.user)
    last = found.reviews.order_by("-pk").prefetch_related("stages__assignments__person").first()
    context = {
        "version": found,
        "course": found.course,
        "topics": [
            (topic, [(unit, _threads_of(threads, unit)) for unit in topic.units.all()]) for topic in topics
        ],
        "kinds": KINDS,
        "threads": threads,
        "unresolved": work.unresolved(found),
        "may_write": may_write,
        "is_writable": may_write and found.is_in_writing,
        "problems": readiness.problems(found) if may_write and found.is_in_writing else [],
        "hints": readiness.hints(unit for topic in topics for unit in topic.units.all()),
        "rule": CompletionRule.objects.filter(version=found).first(),
        "may_set_rule": may_write and rules.can_change(found),
        "steps": [step for step in _OFFERED if may_write and is_open(found.status, step)],
        "schedule": Schedule.objects.filter(version=found).select_related("set_by").first(),
        "review": review or last,
        "is_under_review": review is not None,
        "turn": reviews.stage_in_turn(review) if review else None,
        "may_decide": may_decide,
        "verdict_form": VerdictForm() if may_decide else None,
        "may_comment": comments.are_open(found),
        "comment_form": CommentForm(version=found),
        "others": [
            other
            for other in found.course.versions.exclude(pk=found.pk).order_by("-number")
            if may_write or other.published_at is not None
        ],
    }
    return render(request, "studio/version.html", context)


_OFFERED = (Step.SUBMIT, Step.WITHDRAW, Step.PUBLISH, Step.REOPEN)


def _threads_of(threads: list[comments.Thread], unit: Unit) -> list[comments.Thread]:
    return [thread for thread in threads if thread.comment.unit_id == unit.pk]


# -- Topics -----------------------------------------------------------------------------------------
@require_http_methods(["GET", "HEAD", "POST"])
@requires("studio.build")
def new_topic(request: PersonRequest, code: str, number: int) -> HttpResponse:
    """Add a topic."""
    found = _writable(request, code, number)
    form = TopicForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        topic = outline.add_topic(found, form.values, actor=request.user)
        return _to(found, f"topic-{topic.pk}")
    return form_page(request, "studio/topic.html", {"form": form, "version": found, "course": found.course})


@require_http_methods(["GET", "HEAD", "POST"])
@requires("studio.build")
def edit_topic(request: PersonRequest, code: str, number: int, pk: int) -> HttpResponse:
    """Name a topic anew."""
    found = _writable(request, code, number)
    topic = topic_in(found, pk)
    names = ("name_th", "name_en", "minutes")
    initial = {name: getattr(topic, name) for name in names} | {"seen": topic_seen(topic)}
    form = TopicForm(request.POST if request.method == "POST" else None, initial=initial)
    context = {"form": form, "version": found, "course": found.course, "topic": topic}
    if request.method == "POST" and form.is_valid():
        try:
            outline.change_topic(topic, form.values, seen=form.cleaned_data["seen"], actor=request.user)
        except ChangedMeanwhile as error:
            show_conflict(form, error, topic_seen(topic))
            context["conflict"] = topic
        else:
            return _to(found, f"topic-{topic.pk}")
    return form_page(request, "studio/topic.html", context)


@require_POST
@requires("studio.build")
def move_topic(request: PersonRequest, code: str, number: int, pk: int) -> HttpResponse:
    """Move a topic one place up or down."""
    found = version_of(request, code, number)
    topic = topic_in(found, pk)
    return _move(request, found, f"topic-{pk}", lambda by: outline.move_topic(topic, by, actor=request.user))


@require_http_methods(["GET", "HEAD", "POST"])
@requires("studio.build")
def remove_topic(request: PersonRequest, code: str, number: int, pk: int) -> HttpResponse:
    """Ask whether a topic should go with its units, and remove it."""
    found = _writable(request, code, number)
    topic = topic_in(found, pk)
    if request.method == "POST":
        outline.remove_topic(topic, actor=request.user)
        messages.success(request, _("The topic has been removed."))
        return _to(found, "outline")
    context = {"version": found, "course": found.course, "topic": topic, "units": list(topic.units.all())}
    return render(request, "studio/remove.html", context)


# -- Units ------------------------------------------------------------------------------------------
@require_http_methods(["GET", "HEAD", "POST"])
@requires("studio.build")
def new_unit(request: PersonRequest, code: str, number: int, topic: int, kind: str) -> HttpResponse:
    """Add a unit of a kind to a topic."""
    found = _writable(request, code, number)
    return _unit_page(request, found, topic_in(found, topic), _kind(kind), None)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("people.use")
def edit_unit(request: PersonRequest, code: str, number: int, pk: int) -> HttpResponse:
    """Change a unit while its version is written; show it afterwards, and to reviewers."""
    found = version_of(request, code, number, "studio.see")
    unit = unit_in(found, pk)
    if found.is_in_writing and request.user.has_perm("studio.write", found):
        return _unit_page(request, found, unit.topic, UnitKind(unit.kind), unit)
    if request.method == "POST":
        # Authorised before it is said why not.
        version_of(request, code, number)
        raise VersionFrozen
    threads = [each for each in comments.threads(found) if each.comment.unit_id == unit.pk]
    context = {
        "version": found,
        "course": found.course,
        "unit": unit,
        "check": UploadCheck.objects.filter(course=found.course, package=unit.package_id).first()
        if unit.package_id
        else None,
        # Not asked of the content in the template, where a content without items has the method of a dict.
        "questions": unit.content.get("items", []),
        "test": _test_in(unit),
        "bank": drawing.bank_of(unit),
        "threads": threads,
        "may_comment": comments.are_open(found),
        "comment_form": CommentForm(version=found, initial={"unit": unit}),
    }
    return render(request, "studio/unit.html", context)


def _test_in(unit: Unit) -> TestContent | None:
    """Return what a test asks for; of one that is still being written nothing may be known."""
    if unit.kind != UnitKind.TEST:
        return None
    try:
        return asked_in(unit)
    except msgspec.ValidationError:
        return None


def _unit_page(
    request: PersonRequest, found: CourseVersion, topic: Topic, kind: UnitKind, unit: Unit | None
) -> HttpResponse:
    form_class = UNIT_FORMS[kind]
    data = request.POST if request.method == "POST" else None
    initial: dict[str, Any] = {"upload": request.GET.get("upload")}
    if unit is not None:
        initial |= form_class.initial_of(unit) | {"seen": unit_seen(unit)}
    form = form_class(
        data,
        request.FILES if data is not None else None,
        version=found,
        openers=outline.openers(found, unit=unit, topic=topic),
        unit=unit,
        initial=initial,
    )
    rows = survey_rows(data, unit) if kind == UnitKind.SURVEY else None
    question = _first_question(form, data)
    context = {
        "form": form,
        "rows": rows,
        "part": question,
        "version": found,
        "course": found.course,
        "topic": topic,
        "kind": kind,
        "unit": unit,
        "has_upload": "upload" in form.fields,
        "threads": [t for t in comments.threads(found) if unit and t.comment.unit_id == unit.pk],
    }
    if data is not None and "preview" in data:
        return render(request, "studio/unit_form.html", context | {"shown": data.get("body", "")})
    if data is not None and _is_valid(form, rows, question):
        values = form.values | ({"content": survey_content(rows)} if rows is not None else {})
        if question is not None and question.is_bound:
            values["content"]["items"] = [question.question]
        try:
            saved = (
                outline.add_unit(topic, kind, values, actor=request.user)
                if unit is None
                else outline.change_unit(unit, values, seen=form.cleaned_data["seen"], actor=request.user)
            )
        except InvalidUnit as error:
            form.add_error("opens_after", str(error))
        except ChangedMeanwhile as error:
            assert unit is not None
            unit.refresh_from_db()
            show_conflict(form, error, unit_seen(unit))
            context["conflict"] = unit
        else:
            messages.success(request, _("The unit has been saved."))
            if question is not None and question.is_bound:
                return redirect("studio:questions", found.course.code, found.number, saved.pk)
            return _to(found, f"unit-{saved.pk}")
    return form_page(request, "studio/unit_form.html", context)


def _first_question(form: UnitForm, data: QueryDict | None) -> QuestionForm | None:
    """Return the form of the question that a test without any begins with; what draws sends none in."""
    if not isinstance(form, TestForm) or form.own_questions:
        return None
    is_sent = data is not None and data.get("source") == OWN
    return QuestionForm(data if is_sent else None, prefix="question")


def _is_valid(form: UnitForm, rows: Any, question: QuestionForm | None) -> bool:
    if question is not None and question.is_bound and not question.is_valid():
        form.is_valid()
        return False
    if rows is None:
        return form.is_valid()
    is_whole = form.is_valid() and rows.is_valid()
    if is_whole and not survey_content(rows)["questions"]:
        form.add_error(None, _("Write at least one question."))
        return False
    return is_whole


@require_POST
@requires("studio.build")
def move_unit(request: PersonRequest, code: str, number: int, pk: int) -> HttpResponse:
    """Move a unit one place up or down."""
    found = version_of(request, code, number)
    unit = unit_in(found, pk)
    return _move(request, found, f"unit-{pk}", lambda by: outline.move_unit(unit, by, actor=request.user))


@require_http_methods(["GET", "HEAD", "POST"])
@requires("studio.build")
def remove_unit(request: PersonRequest, code: str, number: int, pk: int) -> HttpResponse:
    """Ask whether a unit should go, and remove it."""
    found = _writable(request, code, number)
    unit = unit_in(found, pk)
    if request.method == "POST":
        outline.remove_unit(unit, actor=request.user)
        messages.success(request, _("The unit has been removed."))
        return _to(found, f"topic-{unit.topic_id}")
    waiting = [each for each in outline.units_in_order(found) if each.opens_after_id == unit.pk]
    context = {"version": found, "course": found.course, "unit": unit, "waiting": waiting}
    return render(request, "studio/remove.html", context)


# -- Order and completion ---------------------------------------------------------------------------
@require_http_methods(["GET", "HEAD", "POST"])
@requires("studio.build")
def rule(request: PersonRequest, code: str, number: int) -> HttpResponse:
    """Say in which order a version is learnt and what completes it."""
    found = version_of(request, code, number)
    if not rules.can_change(found):
        raise WrongStep(found.get_status_display())
    form = RuleForm(request.POST if request.method == "POST" else None, initial=_rule_initial(found))
    if not found.is_in_writing:
        form.fields["is_sequential"].disabled = True
    context: dict[str, Any] = {"form": form, "version": found, "course": found.course}
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        values = {name: data[name] for name in rules.RULE} | {"test_mark": Decimal(data["test_mark"]) / 100}
        try:
            rules.set_rule(
                found, values, is_sequential=data["is_sequential"], seen=data["seen"], actor=request.user
            )
        except ChangedMeanwhile as error:
            found.refresh_from_db(fields=["is_sequential"])
            show_conflict(form, error, rule_seen(found))
            context |= {"conflict": True, "rule": CompletionRule.objects.filter(version=found).first()}
        except RuleImpossible as error:
            for problem in error.problems:
                form.add_error(None, problem)
        else:
            messages.success(request, _("The rule has been saved."))
            return _to(found, "completion")
    return form_page(request, "studio/rule.html", context)


def _rule_initial(version: CourseVersion) -> dict[str, Any]:
    initial: dict[str, Any] = {"is_sequential": version.is_sequential, "seen": rule_seen(version)}
    stored = CompletionRule.objects.filter(version=version).first()
    if stored is not None:
        initial |= {
            "units_needed": stored.units_needed,
            "min_minutes": stored.min_minutes,
            "test_mark": int(stored.test_mark * 100),
            "needs_survey": stored.needs_survey,
        }
    return initial


@require_POST
@requires("studio.build")
def markdown(request: PersonRequest) -> HttpResponse:
    """Show what was typed as learners will see it."""
    context = {"shown": request.POST.get("body", "")[:_MOST_PREVIEWED]}
    return render(request, "studio/parts/markdown.html", context)


_MOST_PREVIEWED = 200_000


# -- Helpers ----------------------------------------------------------------------------------------
def _writable(request: PersonRequest, code: str, number: int) -> CourseVersion:
    """Return a version in which the person can write now. Raises VersionFrozen."""
    found = version_of(request, code, number)
    if not found.is_in_writing:
        raise VersionFrozen
    return found


def _kind(kind: str) -> UnitKind:
    try:
        return UnitKind(kind)
    except ValueError:
        raise Http404 from None


def _move(
    request: PersonRequest, version: CourseVersion, place: str, move: Callable[[int], None]
) -> HttpResponse:
    try:
        move(-1 if request.POST.get("direction") == "up" else 1)
    except OrderImpossible as error:
        messages.error(request, str(error))
    return _to(version, place)


def _to(version: CourseVersion, place: str) -> HttpResponse:
    response = redirect("studio:version", version.course.code, version.number)
    response["Location"] += f"#{place}"
    return response


def show_conflict(form: Any, error: ChangedMeanwhile, seen: str) -> None:
    """Say that it has changed; saving again after reading it is meant for what it says now."""
    form.add_error(None, str(error))
    # A copy that keeps several values of one name, as topics of a bank have.
    form.data = form.data.copy()
    form.data["seen"] = seen
