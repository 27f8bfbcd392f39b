"""What unit pages report by themselves while they are read or played."""

from typing import Annotated
from uuid import UUID

import msgspec
from django.contrib.auth.decorators import login_required
from django.http import Http404, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from courses.catalogue.models import Unit
from courses.player import limits, pages
from courses.player.errors import ReportUnreadable
from courses.player.media import seconds_of
from courses.player.models import EvidenceKind, UnitStatus
from courses.player.services.reports import Reported, Stretch, take_report
from courses.player.services.statements import Film, Watched
from courses.player.views.places import own_registration
from courses.player.wording import time_text
from learning.people.access import PersonRequest

# A page reports every twenty seconds; several may be open, and what was kept comes on top.
REPORTS_A_MINUTE = 60
# Each is looked at by itself. A page makes three or four a minute; a device that kept some brings 200.
STRETCHES_A_MINUTE = 600
_LONGEST = 24 * 60 * 60


class _Stretch(msgspec.Struct, forbid_unknown_fields=True):
    kind: EvidenceKind
    offset: Annotated[int, msgspec.Meta(ge=0, le=7 * _LONGEST * 1000)]
    seconds: Annotated[int, msgspec.Meta(ge=1, le=120)]


_Second = Annotated[float, msgspec.Meta(ge=0, le=_LONGEST)]


class _Watched(msgspec.Struct, forbid_unknown_fields=True):
    verb: Film
    offset: Annotated[int, msgspec.Meta(ge=0, le=7 * _LONGEST * 1000)]
    time: _Second
    since: _Second | None = None


class _Report(msgspec.Struct, forbid_unknown_fields=True):
    page: Annotated[str, msgspec.Meta(max_length=500)]
    stretches: Annotated[list[_Stretch], msgspec.Meta(max_length=200)] = []
    watched: Annotated[list[_Watched], msgspec.Meta(max_length=200)] = []
    position: Annotated[int, msgspec.Meta(ge=0, le=_LONGEST)] | None = None
    duration: Annotated[int, msgspec.Meta(ge=1, le=_LONGEST)] | None = None


@require_POST
@login_required
def report(request: PersonRequest, registration: UUID, unit: int) -> JsonResponse:
    """Count what a page of this unit reports, and say how much learning time that makes."""
    found = own_registration(request, registration)
    limits.count("reports", found.pk, most=REPORTS_A_MINUTE)
    learnt = Unit.objects.filter(topic__version=found.version_id, pk=unit).select_related("topic", "package")
    if not (about := learnt.first()):
        raise Http404
    try:
        said = msgspec.json.decode(request.body, type=_Report)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ReportUnreadable from error
    told = len(said.stretches) + len(said.watched)
    limits.count("stretches", found.pk, most=STRETCHES_A_MINUTE, number=told)
    page = pages.read(said.page)
    if (page.registration, page.unit) != (found.pk, about.pk):
        raise ReportUnreadable
    reported = take_report(
        found,
        about,
        page,
        [Stretch(each.kind, each.offset, each.seconds) for each in said.stretches],
        [Watched(each.verb, each.offset, each.time, each.since) for each in said.watched],
        position=said.position,
        duration=seconds_of(about) or said.duration,
        now=timezone.now(),
    )
    return JsonResponse(_said(about, reported))


def _said(unit: Unit, reported: Reported) -> dict[str, object]:
    progress = reported.progress
    return {
        "seconds": progress.seconds if progress else 0,
        "text": time_text(unit, progress),
        "completed": progress is not None and progress.status == UnitStatus.COMPLETED,
        "elsewhere": reported.is_elsewhere,
    }
