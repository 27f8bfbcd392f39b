"""Units that are read: text, slides, documents, links."""

from dataclasses import replace

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from courses.catalogue.lesson_files import slides as split_slides
from courses.player.media import allow, media_of
from courses.player.models import UnitStatus
from courses.player.services.evidence import interact
from courses.player.services.outline import outline
from courses.player.services.progress import advance
from courses.player.views.places import Place
from courses.player.wording import time_text
from learning.people.access import PersonRequest
from learning.portal.templatetags.portal import duration

# Nobody makes ten thousand slides; a longer number is no number of one.
_DIGITS = 4


def text(request: PersonRequest, place: Place) -> HttpResponse:
    """Show a text."""
    return _done(place, request) if request.method == "POST" else show(request, place, "player/text.html")


def link(request: PersonRequest, place: Place) -> HttpResponse:
    """Show where to read on."""
    return _done(place, request) if request.method == "POST" else show(request, place, "player/link.html")


def document(request: PersonRequest, place: Place) -> HttpResponse:
    """Show a PDF document in the browser's own viewer, where it has one, and let it be kept."""
    if request.method == "POST":
        return _done(place, request)
    media = media_of(request, place.registration, place.unit)
    response = show(request, place, "player/document.html", media=media)
    return allow(response, "frame-src", media.origin) if media else response


def slides(request: PersonRequest, place: Place) -> HttpResponse:
    """Show one slide; who comes to the last one has seen them."""
    if request.method == "POST":
        return _done(place, request)
    all_slides = split_slides(place.unit.body)
    asked = request.GET.get("slide", "")
    left_at = place.progress.position if place.progress else 1
    number = int(asked) if asked.isdecimal() and len(asked) <= _DIGITS else left_at
    number = min(max(number, 1), len(all_slides))
    advance(
        place.registration, place.unit, position=number, completed=number == len(all_slides), now=place.now
    )
    context = {
        "slide": all_slides[number - 1],
        "number": number,
        "total": len(all_slides),
        "slide_before": number - 1,
        "slide_after": number + 1 if number < len(all_slides) else 0,
    }
    return show(request, place, "player/slides.html", **context)


def show(request: PersonRequest, place: Place, template: str, **context: object) -> HttpResponse:
    """Show a unit page with what stands around every one of them, and remember that it was opened."""
    progress = advance(place.registration, place.unit, now=place.now)
    place = replace(place, step=replace(place.step, progress=progress))
    return render(request, template, around(place) | context)


def around(place: Place) -> dict[str, object]:
    """Return what the pages of every kind of unit show around it."""
    before, after = place.outline.neighbours(place.unit.pk)
    report = reverse("player:report", args=[place.registration.pk, place.unit.pk])
    return {
        "registration": place.registration,
        "course": place.registration.version.course,
        "unit": place.unit,
        "step": place.step,
        "before": before,
        "after": after,
        "time_text": time_text(place.unit, place.progress),
        "player": {"page": place.page.token(), "report": report, "registration": str(place.registration.pk)},
    }


def _done(place: Place, request: PersonRequest) -> HttpResponse:
    """Take the learner's word that the unit was read, and go on when its time is there too."""
    interact(place.registration, place.unit, now=place.now)
    progress = advance(place.registration, place.unit, completed=True, now=place.now)
    if progress.status != UnitStatus.COMPLETED:
        missing = duration(place.unit.min_seconds - progress.seconds, "seconds")
        messages.info(
            request,
            _("Noted that you have read it. It counts as completed after %(missing)s more of learning time.")
            % {"missing": missing},
        )
        return redirect("player:unit", place.registration.pk, place.unit.pk)
    return go_on(place)


def go_on(place: Place) -> HttpResponse:
    """Lead to the unit after this one if it is open, else to the outline."""
    way = outline(place.registration, now=place.now)
    _before, after = way.neighbours(place.unit.pk)
    if after is not None and after.closed is None:
        return redirect("player:unit", place.registration.pk, after.unit.pk)
    return redirect("player:outline", place.registration.pk)
