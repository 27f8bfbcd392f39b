"""Units that are watched, and the files and captions of own units."""

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from courses.catalogue.contents import read_video
from courses.player.media import allow, media_of, seconds_of
from courses.player.ranges import part_of
from courses.player.views import reading
from courses.player.views.places import Place, at_unit
from learning.people.access import PersonRequest

# Seconds before the end at which a film counts as left at its end.
_END = 2


def video(request: PersonRequest, place: Place) -> HttpResponse:
    """Show a film with captions and transcript, from the second at which it was left."""
    if request.method == "POST":
        return reading.text(request, place)
    unit = place.unit
    media = media_of(request, place.registration, unit)
    captions = ""
    if media and read_video(unit.content).captions:
        captions = reverse("player:captions", args=[place.registration.pk, unit.pk])
    position = place.progress.position if place.progress else 0
    # Seen to the end: from the beginning again.
    runs = seconds_of(unit)
    if runs and position >= runs - _END:
        position = 0
    context = {"media": media, "captions": captions, "position": position}
    response = reading.show(request, place, "player/video.html", **context)
    return allow(response, "media-src", media.origin) if media else response


@require_safe
@at_unit
def captions(_request: PersonRequest, place: Place) -> HttpResponse:
    """Give the captions of a film."""
    text = read_video(place.unit.content).captions
    if not text:
        raise Http404
    return HttpResponse(text, content_type="text/vtt; charset=utf-8")


@require_safe
@at_unit
def file(request: PersonRequest, place: Place) -> HttpResponseBase:
    """Give the file of a unit, or the part of it that is asked for."""
    if not place.unit.file:
        raise Http404
    response = part_of(request, place.unit.file.name)
    # The page of the unit shows a document in a frame; nobody else does.
    response.headers["Content-Security-Policy"] = "frame-ancestors 'self'"
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response
