"""Tests: what to expect, the questions, the result."""

import re
from typing import Annotated

import msgspec
from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from courses.catalogue.contents import TestRole
from courses.catalogue.models import UnitKind
from courses.player import limits
from courses.player.errors import AttemptOver, NoSuchAnswer
from courses.player.models import TestAttempt
from courses.player.services import attempts
from courses.player.services.attempts import Standing
from courses.player.views.places import Place, at_record, at_unit
from courses.player.views.reading import around, show
from exams.bank.models import Figure
from learning.people.access import PersonRequest

_OPTION = re.compile(r"[0-9]{1,3}")
# Somebody who clicks through a test quickly, and twice as much.
ANSWERS_A_MINUTE = 240


def test(request: PersonRequest, place: Place) -> HttpResponse:
    """Show a test: before it what to expect, in it the questions; on POST begin, keep answers or submit."""
    if request.method == "POST":
        return _posted(request, place)
    where = attempts.standing(place.registration, place.unit, now=place.now)
    if where.open is None:
        return show(request, place, "player/test.html", **_about(where))
    return _questions(request, place, where.open)


def _about(where: Standing) -> dict[str, object]:
    content = where.content
    return {
        "content": content,
        "standing": where,
        "count": len(content.items) if content.draw is None else content.draw.count,
        "is_pretest": content.role == TestRole.PRE,
        "tries": list(where.submitted)[::-1],
    }


def _questions(
    request: PersonRequest, place: Place, attempt: TestAttempt, *, asks: list[int] | None = None
) -> HttpResponse:
    figures = _figures(attempt)
    # What leaves the server: never the key, never the explanation.
    questions = [
        {
            "number": number,
            "stem": question["stem"],
            "options": [
                (at, text, attempt.answers.get(str(number - 1)) == at)
                for at, text in enumerate(question["options"])
            ],
            "figure": figures.get(question.get("figure")),
            "figure_alt": question.get("figure_alt"),
        }
        for number, question in enumerate(attempt.questions, start=1)
    ]
    seconds = None
    if attempt.deadline is not None:
        seconds = max(0, int((attempt.deadline - place.now).total_seconds()))
    answers = reverse("player:answers", args=[place.registration.pk, place.unit.pk])
    data = {"answers": answers, "attempt": attempt.number, "seconds": seconds}
    context = {"attempt": attempt, "questions": questions, "asks": asks, "test": data}
    return show(request, place, "player/questions.html", **context)


def _posted(request: PersonRequest, place: Place) -> HttpResponse:
    here = redirect("player:unit", place.registration.pk, place.unit.pk)
    action = request.POST.get("action", "")
    if action == "start":
        attempts.start(place.registration, place.unit, now=place.now)
        return here
    attempt = _open_attempt(place, request.POST.get("attempt", ""))
    attempt = attempts.answer(attempt, _given(request, attempt), now=place.now)
    missing = attempts.unanswered(attempt)
    if action != "submit":
        messages.success(request, _("Your answers are kept."))
        return here
    if missing and not request.POST.get("anyway"):
        return _questions(request, place, attempt, asks=missing)
    attempts.submit(attempt, now=place.now)
    return redirect("player:result", place.registration.pk, place.unit.pk, attempt.number)


def _open_attempt(place: Place, number: str) -> TestAttempt:
    where = attempts.standing(place.registration, place.unit, now=place.now)
    if where.open is None or str(where.open.number) != number:
        raise AttemptOver
    return where.open


def _given(request: PersonRequest, attempt: TestAttempt) -> dict[int, int]:
    given = {}
    for place in range(len(attempt.questions)):
        value = request.POST.get(f"q{place}", "")
        if value:
            if not _OPTION.fullmatch(value):
                raise NoSuchAnswer
            given[place] = int(value)
    return given


_Number = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,3}$")]


class _Answer(msgspec.Struct, forbid_unknown_fields=True):
    attempt: int
    answers: Annotated[dict[_Number, int], msgspec.Meta(max_length=200)]


@require_POST
@at_unit
def answers(request: PersonRequest, place: Place) -> JsonResponse:
    """Keep answers that a page sends by itself, and say how many are kept and how long the try still runs."""
    if place.unit.kind != UnitKind.TEST:
        raise Http404
    limits.count("answers", place.registration.pk, most=ANSWERS_A_MINUTE)
    try:
        said = msgspec.json.decode(request.body, type=_Answer)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise NoSuchAnswer from error
    attempt = _open_attempt(place, str(said.attempt))
    given = {int(number): option for number, option in said.answers.items()}
    kept = attempts.answer(attempt, given, now=place.now)
    seconds = None
    if kept.deadline is not None:
        seconds = max(0, int((kept.deadline - timezone.now()).total_seconds()))
    return JsonResponse({"kept": len(kept.answers), "seconds": seconds})


@require_safe
@at_record
def results(request: PersonRequest, place: Place) -> HttpResponse:
    """List the submitted tries at a test; readable also when the course is closed."""
    if place.unit.kind != UnitKind.TEST:
        raise Http404
    where = attempts.standing(place.registration, place.unit, now=place.now)
    return render(request, "player/results.html", around(place) | _about(where))


@require_safe
@at_record
def result(request: PersonRequest, place: Place, number: int) -> HttpResponse:
    """Show what a submitted try brought, and the explanations where the test's role lets them be shown."""
    if place.unit.kind != UnitKind.TEST:
        raise Http404
    where = attempts.standing(place.registration, place.unit, now=place.now)
    attempt = next((each for each in where.submitted if each.number == number), None)
    if attempt is None:
        raise Http404
    is_explained = attempts.is_explained(place.registration, place.unit, now=place.now)
    figures = _figures(attempt)
    items = list(attempts.explained(attempt)) if is_explained else []
    context = (
        around(place)
        | _about(where)
        | {
            "attempt": attempt,
            "is_explained": is_explained,
            "is_pass": attempt.score is not None and attempts.is_pass(where.content, attempt.score),
            "right": round((attempt.score or 0) * len(attempt.questions)),
            "missing": attempts.unanswered(attempt),
            "items": [(item, figures.get(item.figure)) for item in items],
        }
    )
    return render(request, "player/result.html", context)


def _figures(attempt: TestAttempt) -> dict[str, Figure]:
    """Return the figures of a try by their keys."""
    keys = [question["figure"] for question in attempt.questions if question.get("figure")]
    return Figure.objects.in_bulk(keys) if keys else {}
