"""Packages that only speak xAPI (tincan.xml): what they are opened with, and which statements count."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from django.utils import timezone

from courses.packages.package import Unit as PackageUnit
from courses.player import outcomes
from courses.player.models import Launch
from courses.player.outcomes import Outcome
from courses.player.services.counting import count, outcome_of
from courses.player.services.launches import LASTS, Contents, is_valid
from courses.player.services.registrations import lock
from learning.records import models as records
from learning.records.errors import Forbidden
from learning.records.services import credentials
from learning.records.services.actors import actor_of

RULES = "xapi"
_JUDGING = {"passed": True, "mastered": True, "failed": False}
_ENDING = frozenset({"completed", "passed", "mastered", "failed"})


def start(opened: Launch, unit: PackageUnit, address: str, base: str) -> str:
    """Return the address that an activity is opened at, with a credential for this launch."""
    contents = Contents(opened.registration, opened.unit)
    progress = contents.row(opened.item, now=timezone.now())
    for earlier in records.Launch.objects.filter(pk=progress.state.get("credential")):
        credentials.revoke_launch(earlier)
    actor = actor_of(opened.registration.person)
    given, secret = credentials.issue_launch_credential(
        actor=actor,
        activity=unit.id,
        prefixes=(
            *(other.id for other in contents.package.launchable if other != unit),
            *contents.package.activities,
        ),
        registration=opened.registration_id,
        lifetime=LASTS,
        rules=RULES,
        reference=str(opened.pk),
    )
    progress.state["credential"] = given.pk
    progress.save(update_fields=["state"])
    parameters = {
        "endpoint": f"{'/'.join(base.split('/')[:3])}/xapi/",
        "auth": secret.basic,
        # In ASCII: older content reads addresses with unescape(), which knows no Thai.
        "actor": json.dumps(actor),
        "registration": str(opened.registration_id),
        "activity_id": unit.id,
    }
    return with_parameters(address, parameters)


def with_parameters(address: str, parameters: Mapping[str, str]) -> str:
    """Return an address with parameters after those that it has."""
    before, mark, fragment = address.partition("#")
    query = urlencode(parameters, quote_via=quote)
    return f"{before}{'&' if '?' in before else '?'}{query}{mark}{fragment}"


class Rules:
    """What counts of the statements of a launch (`learning.records.launches`)."""

    def before_statements(self, launch: records.Launch, _statements: Sequence[dict[str, Any]]) -> None:
        """Refuse a launch that is over."""
        _opened(launch)

    def after_statements(self, launch: records.Launch, statements: Sequence[dict[str, Any]]) -> None:
        """Count what is said about the activity as a whole."""
        opened = _opened(launch)
        reached = Outcome()
        for statement in statements:
            reached = reached.merged(_outcome(launch.activity, statement))
        if reached == Outcome():
            return
        lock(opened.registration)
        now = timezone.now()
        contents = Contents(opened.registration, opened.unit)
        progress = contents.row(opened.item, now=now)
        all_told = outcome_of(progress).merged(reached)
        progress.is_completed, progress.is_passed = all_told.is_completed, all_told.is_passed
        progress.score, progress.updated_at = all_told.score, now
        progress.save()
        count(contents, now=now)

    def before_document(
        self, launch: records.Launch, _resource: records.Resource, _name: str, _method: str
    ) -> None:
        """Refuse a launch that is over."""
        _opened(launch)


def _opened(launch: records.Launch) -> Launch:
    found = Launch.objects.select_related(
        "registration__person", "registration__version", "unit__topic", "unit__package"
    )
    opened = found.filter(pk=launch.reference).first()
    if opened is None or not is_valid(opened):
        raise Forbidden("this launch is over")
    return opened


def _outcome(activity: str, statement: Mapping[str, Any]) -> Outcome:
    verb = statement["verb"]["id"].rpartition("/")[2]
    if statement["object"].get("id") != activity:
        return Outcome()
    result = statement.get("result", {})
    score = outcomes.share(result.get("score", {}))
    if verb not in _ENDING:
        # Some tools say the score in a statement of its own, or the end only as a result.
        return Outcome(result.get("completion") is True, result.get("success"), score)
    passed = _JUDGING.get(verb, result.get("success"))
    return Outcome(verb != "failed", passed, score)
