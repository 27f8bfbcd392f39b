"""What everybody reads: the catalogue, courses, curricula."""

import re
from itertools import groupby

from django.core.files.storage import default_storage
from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef, Prefetch, Sum
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from courses.catalogue import asking, listing
from courses.catalogue.guessing import Guess, find_or_guess
from courses.catalogue.models import (
    Course,
    CourseVersion,
    Curriculum,
    CurriculumCourse,
    Unit,
    VersionStatus,
)
from courses.catalogue.searching import Asked, Found
from learning.portal import registry

PAGE_SIZE = 20
SUGGESTIONS = 8
_COVER = re.compile(r"[0-9a-f]{32}(?:_[0-9A-Za-z]{7})?\.(jpg|png)")
_YEAR = 365 * 24 * 60 * 60


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Show the courses that a question and its filters leave."""
    listed = listing.current()
    asked = asking.read(request.GET, listed)
    found, guess = _search(listed, asked)
    page = Paginator(found.keys, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "asked": asked,
        "guess": guess,
        "page": page,
        "courses": listing.courses(list(page)),
        "filters": list(asking.filters(asked, found, listed)),
        "chosen": list(asking.chosen(request.GET, asked, listed)),
        "orders": list(asking.orders(asked)),
        "is_empty": not listed.entries,
    }
    return render(request, "catalogue/index.html", context)


def _search(listed: listing.Listing, asked: Asked) -> tuple[Found, Guess | None]:
    return find_or_guess(listed.entries.values(), asked, listed.haystack, english=asking.in_english())


@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    """Show the best few courses for what has been typed so far."""
    listed = listing.current()
    text = asking.read(request.GET, listed).text
    context: dict[str, object] = {}
    if text:
        found, guess = _search(listed, Asked(text))
        context = {"courses": listing.courses(found.keys[:SUGGESTIONS]), "guess": guess}
    return render(request, "catalogue/parts/suggestions.html", context)


@require_safe
def course(request: HttpRequest, code: str) -> HttpResponse:
    """Show one course: what it teaches, who offers it, how it is assessed."""
    visible = Course.objects.visible_to(request.user).select_related("owner__parent__parent")
    found = get_object_or_404(visible.prefetch_related("instructors"), code=code.upper())
    if found.code != code:
        return HttpResponsePermanentRedirect(reverse("catalogue:course", args=[found.code]))
    # Whoever looks after a course that was never published sees its newest version.
    version = (
        CourseVersion.objects.filter(course=found)
        .order_by("-number")
        .annotate(minutes=Sum("topics__minutes"))
    )
    shown = version.filter(status=VersionStatus.PUBLISHED).first() or version.first()
    curricula = Curriculum.objects.filter(retired_at=None, entries__course=found)
    context = {
        "course": found,
        "version": shown,
        "topics": list(shown.topics.all()) if shown else [],
        "curricula": curricula.distinct(),
        "is_published": shown is not None and shown.status == VersionStatus.PUBLISHED,
        "has_lessons": Unit.objects.filter(topic__version=shown).exists(),
        "panels": registry.panels(request, "course", course=found),
    }
    return render(request, "catalogue/course.html", context)


@require_safe
def curricula(request: HttpRequest) -> HttpResponse:
    """List the curricula."""
    found = (
        Curriculum.objects.filter(retired_at=None)
        .select_related("owner")
        .annotate(courses=Count("entries"), hours=Sum("entries__course__hours"))
        # Said again: rows grouped for a count come in no order of their model's.
        .order_by("code")
    )
    return render(request, "catalogue/curricula.html", {"curricula": found})


@require_safe
def curriculum(request: HttpRequest, code: str) -> HttpResponse:
    """Show one curriculum with its courses by group, and what completes it."""
    published = CourseVersion.objects.filter(course=OuterRef("course"), status=VersionStatus.PUBLISHED)
    entries = CurriculumCourse.objects.select_related("course__owner").annotate(
        published=Exists(published), has_lessons=Exists(published.filter(topics__units__isnull=False))
    )
    found = get_object_or_404(
        Curriculum.objects.select_related("owner").prefetch_related(Prefetch("entries", entries)),
        code=code.upper(),
    )
    rows = list(found.entries.all())
    context = {
        "curriculum": found,
        "groups": [(group, list(those)) for group, those in groupby(rows, key=lambda entry: entry.group)],
        "count": len(rows),
        "hours": sum(entry.course.hours for entry in rows),
        "panels": registry.panels(request, "curriculum", curriculum=found),
    }
    return render(request, "catalogue/curriculum.html", context)


@require_safe
def cover(_request: HttpRequest, name: str) -> FileResponse:
    """Give a cover. Its name is random and never used again, so that browsers keep it."""
    if not _COVER.fullmatch(name) or not default_storage.exists(f"covers/{name}"):
        raise Http404
    kind = "image/png" if name.endswith("png") else "image/jpeg"
    response = FileResponse(default_storage.open(f"covers/{name}"), content_type=kind)
    patch_cache_control(response, public=True, max_age=_YEAR, immutable=True)
    return response
