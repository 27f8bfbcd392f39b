"""The page of a package: its contents beside the frame that it runs in, and the way on and back."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from courses.content import serving
from courses.player import limits
from courses.player.errors import ItemLocked, NotMarkedByHand
from courses.player.media import allow
from courses.player.models import UnitStatus
from courses.player.services import commits, launches, walking
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
    wanted = request.GET.get("item", "")
    if "contents" in request.GET:
        item = contents.item(wanted) if wanted else None
        return render(request, "player/launch/fresh.html", _context(contents, item) | {"step": place.step})
    if contents.sequence is not None:
        return _follow(request, place) if request.method == "POST" else _walked(request, place, wanted)
    if request.method == "POST":
        return _mark_done(request, place, contents)
    item = contents.item(wanted) if wanted else contents.resumed()
    return (
        _launched(request, place, contents, item)
        if item.closed is None
        else _closed(request, place, contents, item)
    )


def _closed(request: PersonRequest, place: Place, contents: Contents, item: Item) -> HttpResponse:
    """Say why an item does not open, beside the contents."""
    assert item.closed is not None
    messages.warning(request, str(item.closed.message))
    response = show(request, place, "player/launch/package.html", **_context(contents, None))
    response.status_code = item.closed.status
    return response


def _walked(request: PersonRequest, place: Place, wanted: str) -> HttpResponse:
    """Show the lesson that the rules of the package let open: the wanted one, or with a reason another."""
    at = (place.registration, place.unit, place.session)
    status = 200
    try:
        contents = walking.enter(*at, wanted, now=place.now)
    except ItemLocked as refused:
        messages.warning(request, str(refused.message))
        status = refused.status
        contents = walking.enter(*at, "", now=place.now)
    sequence = contents.sequence
    if sequence is not None and sequence.open is not None:
        response = _launched(request, place, contents, contents.item(sequence.open.id))
    else:
        response = show(request, place, "player/launch/package.html", **_context(contents, None))
    response.status_code = status
    return response


def _follow(request: PersonRequest, place: Place) -> HttpResponse:
    """Take a wish of the learner or of the lesson: on, back, out, or to another one."""
    said = request.POST
    try:
        contents = walking.follow(
            place.registration,
            place.unit,
            place.session,
            said.get("request", ""),
            said.get("to", ""),
            leaving=said.get("leaving", ""),
            now=place.now,
        )
    except ItemLocked as refused:
        messages.warning(request, str(refused.message))
        return redirect("player:unit", place.registration.pk, place.unit.pk)
    assert contents.sequence is not None
    if contents.sequence.tree.current is not None:
        return redirect("player:unit", place.registration.pk, place.unit.pk)
    if contents.sequence.has_ended:
        messages.success(request, _("You have come to the end of “%(title)s”.") % {"title": place.unit.title})
    return redirect("player:outline", place.registration.pk)


def _launched(request: PersonRequest, place: Place, contents: Contents, item: Item) -> HttpResponse:
    """Show an item in its frame."""
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
    # With the usual "same-origin" browsers tell content nothing of a window that it opens for itself.
    response["Cross-Origin-Opener-Policy"] = "same-origin-allow-popups"
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


def _context(contents: Contents, item: Item | None) -> dict[str, object]:
    before, after = contents.neighbours(item) if item is not None else (None, None)
    hidden = _hidden_controls(item)
    return {
        "contents": contents,
        "item": item,
        "item_before": before,
        "item_after": after,
        "hides_before": "previous" in hidden,
        "hides_after": "continue" in hidden,
    } | _ways(contents, item)


def _hidden_controls(item: Item | None) -> tuple[str, ...]:
    """Return which ways the lesson brings itself."""
    scorm = item.unit.scorm if item is not None else None
    return scorm.hidden_controls if scorm is not None else ()


def _ways(contents: Contents, item: Item | None) -> dict[str, object]:
    """Return where "on" and "back" lead by the rules of the package, unless the lesson has its own ways."""
    if contents.sequence is None:
        return {}
    hidden = _hidden_controls(item)
    outlook = contents.sequence.outlook
    ways = {"continue": outlook.onward, "previous": outlook.backward}
    offered = {name: way for name, way in ways.items() if way.is_offered and name not in hidden}
    refused = offered["continue"].refused if "continue" in offered else None
    return {
        "onward": offered.get("continue"),
        "backward": offered.get("previous"),
        "onward_closed": contents.sequence.sentence(refused) if refused else None,
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
