"""What a run-time is told when it starts: the item's address, and the state to go on from."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from courses.content import serving
from courses.packages.package import Kind
from courses.packages.package import Unit as PackageUnit
from courses.player.models import Launch
from courses.player.services import cmi5, h5p, scorm, shared_data, walking, xapi
from courses.player.services.commits import READERS
from courses.player.services.counting import count, outcome_of
from courses.player.services.launches import Contents, begin, remote_address
from courses.player.services.progress import advance
from courses.player.services.statements import tell_item_begun
from learning.records.services.positions import take_turn

RETURN_PAGE = "player/runtime/return.html"


@transaction.atomic
def start(opened: Launch, request: HttpRequest) -> dict[str, Any]:
    """Begin a launch, and return what its run-time needs."""
    now = timezone.now()
    if opened.unit.package is not None and opened.unit.package.kind == Kind.CMI5:
        # Whoever writes statements takes this first and locks the registration then.
        take_turn()
    contents = Contents(opened.registration, opened.unit)
    unit = contents.item(opened.item).unit
    progress = begin(opened, now=now)
    contents.progress[opened.item] = progress
    if unit.scorm is not None and not unit.scorm.is_sco and not progress.is_completed:
        # An asset cannot speak: whoever has opened it has done what there is to do.
        progress.is_completed, progress.updated_at = True, now
        progress.save(update_fields=["is_completed", "updated_at"])
        walking.finish_asset(contents, opened.item, now=now)
        count(contents, now=now)
    else:
        advance(opened.registration, opened.unit, now=now)
    kind = contents.package.kind
    if kind in READERS:
        tell_item_begun(opened, unit, is_resumed=progress.sequence > 0, now=now)
    assert opened.unit.package is not None
    told: dict[str, Any] = {
        "kind": kind.value,
        "launch": str(opened.pk),
        "sequence": progress.sequence,
        "address": address_of(opened, unit, request),
        "item": told_outcome(outcome_of(progress)),
    }
    person = opened.registration.person
    if kind is Kind.SCORM_12:
        told["cmi"] = scorm.start_12(unit, person, progress)
    elif kind in {Kind.SCORM_2004_3, Kind.SCORM_2004_4}:
        told["cmi"] = scorm.start_2004(unit, person, progress, contents.sequence)
        told |= shared_data.start(contents, unit)
        if contents.sequence is not None:
            told["navigation"] = contents.sequence.navigation()
    elif kind is Kind.H5P:
        told |= h5p.start(progress)
        told["address"] = serving.address(opened.unit.package, "", request=request).rstrip("/")
        told["activity"] = request.build_absolute_uri(f"/learn/packages/{opened.unit.package.pk}")
    elif kind is Kind.CMI5:
        back = serving.shared_address(RETURN_PAGE, request=request)
        told["address"] = cmi5.start(opened, told["address"], _base(request), back)
        told["own_window"] = unit.cmi5 is not None and unit.cmi5.launch_method == "OwnWindow"
    elif kind is Kind.XAPI:
        told["address"] = xapi.start(opened, unit, told["address"], _base(request))
    told["open_label"] = gettext("Open the lesson")
    return told


def _base(request: HttpRequest) -> str:
    """Return where the portal answers run-times, with a slash at the end."""
    return request.build_absolute_uri(reverse("player:run-open")).removesuffix("open")


def address_of(opened: Launch, unit: PackageUnit, request: HttpRequest) -> str:
    """Return where an item starts, on the content origin or where its author keeps it."""
    assert opened.unit.package is not None
    remote = remote_address(unit)
    return remote or f"{serving.address(opened.unit.package, unit.href, request=request)}{unit.parameters}"


def told_outcome(outcome: Any) -> dict[str, Any]:
    """Return an outcome in the words that run-times and pages read."""
    return {
        "is_completed": outcome.is_completed,
        "is_passed": outcome.is_passed,
        "score": None if outcome.score is None else float(outcome.score),
    }
