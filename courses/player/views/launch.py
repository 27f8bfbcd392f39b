"""The page of a package: its contents beside the frame that it runs in, and the way on and back."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from courses.content import serving
from courses.player import limits
from courses.player.errors import NotMarkedByHand
from courses.player.media import allow
from courses.player.models import UnitStatus
from courses.player.services import commits, launches
from courses.player.services.launches import Contents, Item
from courses.player.views.places import Place
from courses.player.views.reading import show
from learning.people.access import PersonRequest
from learning.portal.templatetags.portal import duration

FRAME = "player/runtime/frame.html"
# Each is a row. Who looks through a long course opens its lessons one after the other.
LAUNCHES_A_MINUTE = 60


def package(request: PersonRequest, place: Place) -> HttpResponse:
    """Show a package with one of its items, or only its contents anew; take that it is marked as done."""
    contents = Contents(place.registration, place.unit)
    if request.method == "POST":
        return _mark_done(request, place, contents)
    wanted = request.GET.get("item", "")
    item = contents.item(wanted) if wanted else contents.resumed()
    if "contents" in request.GET:
        return render(request, "player/launch/contents.html", _context(contents, item))
    limits.count("launches", place.registration.pk, most=LAUNCHES_A_MINUTE)
    _launch, secret = launches.launch(
        place.registration, place.unit, item.unit.id, place.session, now=place.now
    )
    origin = serving.origin(request)
    context = _context(contents, item) | {
        "address": _frame_address(request, secret),
        "content_origin": origin,
        "remote": "" if contents.is_tracked_elsewhere else launches.remote_address(item.unit),
    }
    response = show(request, place, "player/launch/package.html", **context)
    return allow(response, "frame-src", origin)


def _mark_done(request: PersonRequest, place: Place, contents: Contents) -> HttpResponse:
    item = contents.item(request.POST.get("item", ""))
    if not contents.is_marked_by_hand:
        raise NotMarkedByHand
    progress = commits.mark_done(contents, item.unit.id, place.session, now=place.now)
    if progress.is_done and progress.status != UnitStatus.COMPLETED:
        missing = duration(place.unit.min_seconds - progress.seconds, "seconds")
        said = _("Marked as done. It counts as completed after %(missing)s more of learning time.")
        messages.info(request, said % {"missing": missing})
    else:
        messages.success(request, _("Marked as done."))
    return redirect("player:unit", place.registration.pk, place.unit.pk)


def _context(contents: Contents, item: Item) -> dict[str, object]:
    before, after = contents.neighbours(item)
    return {
        "contents": contents,
        "item": item,
        "item_before": before,
        "item_after": after,
    }


def _frame_address(request: PersonRequest, secret: str) -> str:
    """Return the run-time's page with the launch in its fragment, which is sent to no server."""
    base = request.build_absolute_uri(reverse("player:run-open")).removesuffix("open")
    launch = {
        "portal": base,
        "secret": secret,
        "language": request.LANGUAGE_CODE,
    }
    return f"{serving.shared_address(FRAME, request=request)}#{urlencode(launch)}"
