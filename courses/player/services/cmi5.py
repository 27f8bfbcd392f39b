"""cmi5 at run time, the side of the LMS: launch, fetch, rules of a session, and what satisfies.

The session of an item is in its `ItemProgress.state`; which blocks and courses are satisfied, in the row of
the package as a whole. Whoever writes statements takes the store's turn first and locks the registration
then, so that a launch and a statement never wait for each other crosswise.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.utils import timezone

from courses.packages.package import Cmi5Settings
from courses.packages.package import Unit as PackageUnit
from courses.player import cmi5
from courses.player.cmi5 import RuleBroken, Session, is_satisfied
from courses.player.models import ItemProgress, Launch
from courses.player.services.commits import count
from courses.player.services.launches import LASTS, Contents, is_valid
from courses.player.services.registrations import lock
from courses.player.services.xapi import with_parameters
from learning.records import models as records
from learning.records import vocabulary as words
from learning.records.errors import Forbidden
from learning.records.services import credentials, documents, store
from learning.records.services.actors import actor_of
from learning.records.xapi import agents
from learning.records.xapi.index import activity_key, agent_key
from learning.records.xapi.versions import Version

RULES = "cmi5"
_SIGNER = signing.Signer(salt="courses.player.cmi5.fetch")
_NORMAL = "Normal"


class FetchRefused(Exception):
    """A fetch URL that was used before, or whose launch is over."""


@dataclass(frozen=True)
class _Au:
    """An assignable unit in the registration of a learner."""

    contents: Contents
    unit: PackageUnit

    @property
    def settings(self) -> Cmi5Settings:
        assert self.unit.cmi5 is not None
        return self.unit.cmi5

    @property
    def activity(self) -> str:
        return activity_of(self.contents, self.unit)


@transaction.atomic
def start(opened: Launch, address: str, base: str, return_address: str) -> str:
    """Begin a session, and return the address that the unit is opened at (8.1)."""
    store.take_turn()
    lock(opened.registration)
    now = timezone.now()
    contents = Contents(opened.registration, opened.unit)
    unit = contents.item(opened.item).unit
    au = _Au(contents, unit)
    _satisfy(contents, opened, now=now)
    progress = _row(contents, unit.id, now=now)
    _abandon(au, progress, now=now)
    launched = with_parameters(address, _parameters(opened, au, base))
    _say(opened, au, words.LAUNCHED, now=now, extensions=_launch_extensions(au, launched))
    _give_launch_data(opened, au, return_address)
    progress.state = {
        **progress.state,
        "session": {"id": str(opened.pk), "verbs": [], "fetched": False, "at": now.isoformat()},
    }
    progress.save(update_fields=["state"])
    return launched


@transaction.atomic
def fetch(token: str) -> str:
    """Give out the credential of a session, once (8.2). Raises FetchRefused."""
    try:
        opened = Launch.objects.select_related("registration__person", "unit__package").get(
            pk=_SIGNER.unsign(token)
        )
    except (signing.BadSignature, Launch.DoesNotExist) as error:
        raise FetchRefused from error
    lock(opened.registration)
    contents = Contents(opened.registration, opened.unit)
    progress = _row(contents, opened.item, now=timezone.now())
    session = progress.state.get("session", {})
    if session.get("id") != str(opened.pk) or session.get("fetched") or not is_valid(opened):
        raise FetchRefused
    session["fetched"] = True
    progress.save(update_fields=["state"])
    au = _Au(contents, contents.item(opened.item).unit)
    _credential, secret = credentials.issue_launch_credential(
        actor=actor_of(opened.registration.person),
        activity=au.activity,
        registration=opened.registration_id,
        lifetime=LASTS,
        prefixes=(au.unit.id,),
        rules=RULES,
        reference=str(opened.pk),
    )
    return secret.basic.removeprefix("Basic ")


class Rules:
    """What cmi5 says about the statements and documents of a session (`learning.records.launches`)."""

    def before_statements(self, launch: records.Launch, statements: Sequence[dict[str, Any]]) -> None:
        """Refuse what breaks a rule; store what a terminated session satisfies before its end."""
        opened, au, progress = _session(launch)
        after = _replayed(opened, au, progress, statements)
        if "terminated" in after.verbs:
            _reach(opened, au, progress, after)

    def after_statements(self, launch: records.Launch, statements: Sequence[dict[str, Any]]) -> None:
        """Count what the statements say, and store what they satisfy."""
        opened, au, progress = _session(launch)
        after = _replayed(opened, au, progress, statements)
        _reach(opened, au, progress, after)
        progress.state["session"]["verbs"] = list(after.verbs)
        progress.save()
        if "terminated" in after.verbs:
            credentials.revoke_launch(launch)

    def before_document(
        self, launch: records.Launch, resource: records.Resource, name: str, _method: str
    ) -> None:
        """Keep what the platform gives to a session as it is."""
        _session(launch)
        if resource == records.Resource.STATE and name in {"", cmi5.LAUNCH_DATA}:
            raise Forbidden("10: the launch data is the LMS's")
        if name == cmi5.PREFERENCES:
            raise Forbidden("11: learner preferences are not changed from content here")


def activity_of(contents: Contents, unit: PackageUnit | None) -> str:
    """Return the id under which the platform knows a unit, a block, or (None) the course of a package."""
    assert contents.unit.package is not None
    base = f"{settings.PUBLIC_ORIGIN}/learn/activities/{contents.unit.package.pk}"
    return base if unit is None else f"{base}/{quote(unit.id, safe='')}"


def _session(launch: records.Launch) -> tuple[Launch, _Au, ItemProgress]:
    found = Launch.objects.select_related(
        "registration__person", "registration__version", "unit__topic", "unit__package"
    )
    opened = found.filter(pk=launch.reference).first()
    if opened is None or not is_valid(opened):
        raise Forbidden("this launch is over")
    lock(opened.registration)
    contents = Contents(opened.registration, opened.unit)
    progress = _row(contents, opened.item, now=timezone.now())
    if progress.state.get("session", {}).get("id") != str(opened.pk):
        raise Forbidden("this session is over")
    return opened, _Au(contents, contents.item(opened.item).unit), progress


def _replayed(
    opened: Launch, au: _Au, progress: ItemProgress, statements: Sequence[dict[str, Any]]
) -> Session:
    reached = progress.state.get("reached", {})
    session = Session(
        id=str(opened.pk),
        registration=str(opened.registration_id),
        activity=au.activity,
        mastery=au.unit.mastery_score,
        verbs=tuple(progress.state["session"]["verbs"]),
        is_completed=reached.get("completed", False),
        is_passed=reached.get("passed", False),
        is_failed=reached.get("failed", False),
        score=progress.score,
    )
    try:
        for statement in statements:
            session = session.after(statement)
    except RuleBroken as broken:
        raise Forbidden(str(broken)) from broken
    return session


def _reach(opened: Launch, au: _Au, progress: ItemProgress, after: Session) -> None:
    now = timezone.now()
    done = is_satisfied(au.settings.move_on, completed=after.is_completed, passed=after.is_passed)
    reached = {"completed": after.is_completed, "passed": after.is_passed, "failed": after.is_failed}
    if reached == progress.state.get("reached") and after.score == progress.score:
        return
    progress.state["reached"] = reached
    progress.is_completed = progress.is_completed or done
    progress.is_passed = True if after.is_passed else (False if after.is_failed and not done else None)
    progress.score, progress.updated_at = after.score, now
    _satisfy(au.contents, opened, now=now)
    count(au.contents, now=now)


def _satisfy(contents: Contents, opened: Launch, *, now: datetime) -> None:
    """Complete units that ask for nothing; say which blocks, at last the course, are satisfied (9.3.9)."""
    free = [
        _row(contents, unit.id, now=now)
        for unit in contents.package.launchable
        if unit.cmi5 is not None and unit.cmi5.move_on == "NotApplicable"
    ]
    for row in free:
        if not row.is_completed:
            row.is_completed = True
            row.save(update_fields=["is_completed"])
            count(contents, now=now)
    whole = _row(contents, "", now=now)
    said = whole.state.setdefault("satisfied", [])
    new = [part for part in _satisfied(contents) if _name(part) not in said]
    for part in new:
        said.append(_name(part))
        _say_satisfied(opened, contents, part, now=now)
    if new:
        whole.save(update_fields=["state"])


def _name(part: PackageUnit | None) -> str:
    return "" if part is None else part.id


def _satisfied(contents: Contents) -> Iterator[PackageUnit | None]:
    """Yield the blocks of which everything is satisfied, inner ones first, then None for the course."""

    def done(unit: PackageUnit) -> bool:
        row = contents.progress.get(unit.id)
        own = not unit.href or (row is not None and row.is_completed)
        return own and all(done(child) for child in unit.units)

    def blocks(units: Sequence[PackageUnit]) -> Iterator[PackageUnit]:
        for unit in units:
            yield from blocks(unit.units)
            if not unit.href and done(unit):
                yield unit

    yield from blocks(contents.package.units)
    if all(done(unit) for unit in contents.package.units):
        yield None


def _abandon(au: _Au, progress: ItemProgress, *, now: datetime) -> None:
    """End a session that was initialized and never terminated (9.3.6)."""
    session = progress.state.get("session")
    if not session:
        return
    for given in records.Launch.objects.filter(reference=session["id"], rules=RULES, revoked_at=None):
        credentials.revoke_launch(given)
    if "initialized" in session["verbs"] and "terminated" not in session["verbs"]:
        earlier = Launch.objects.select_related("registration__person").filter(pk=session["id"]).first()
        if earlier is not None:
            seconds = max(0.0, (now - datetime.fromisoformat(session["at"])).total_seconds())
            _say(earlier, au, words.ABANDONED, now=now, result={"duration": f"PT{seconds:.2f}S"})


# -- Statements and documents --------------------------------------------------------------------------
def _say(
    opened: Launch,
    au: _Au,
    verb: words.Verb,
    *,
    now: datetime,
    extensions: dict[str, Any] | None = None,
    result: dict[str, Any] | None = None,
) -> None:
    kind = au.settings.activity_type or words.Type.LESSON
    thing = _thing(au.activity, kind, au.unit.title)
    _store(opened, verb, thing, au.unit.id, now=now, extensions=extensions, result=result)


def _say_satisfied(opened: Launch, contents: Contents, unit: PackageUnit | None, *, now: datetime) -> None:
    kind = words.Type.COURSE if unit is None else words.Type.PROGRAMME
    title = contents.package.title if unit is None else unit.title
    publisher = contents.package.id if unit is None else unit.id
    _store(opened, words.SATISFIED, _thing(activity_of(contents, unit), kind, title), publisher, now=now)


def _store(
    opened: Launch,
    verb: words.Verb,
    thing: dict[str, Any],
    publisher: str,
    *,
    now: datetime,
    extensions: dict[str, Any] | None = None,
    result: dict[str, Any] | None = None,
) -> None:
    statement: dict[str, Any] = {
        "actor": actor_of(opened.registration.person),
        "verb": {"id": verb.iri, "display": {"en": verb.english, "th": verb.thai}},
        "object": thing,
        "context": {
            "registration": str(opened.registration_id),
            "contextActivities": {
                "category": [{"id": cmi5.CMI5}],
                **({"grouping": [{"id": publisher}]} if publisher else {}),
            },
            "extensions": {cmi5.SESSION: str(opened.pk), **(extensions or {})},
        },
        "timestamp": now.isoformat(timespec="milliseconds"),
        **({"result": result} if result else {}),
    }
    store.store_own(credentials.own_client("cmi5"), [statement])


def _thing(activity: str, kind: str, title: str) -> dict[str, Any]:
    return {"id": activity, "definition": {"type": kind, "name": {"th": title or "-"}}}


def _launch_extensions(au: _Au, address: str) -> dict[str, Any]:
    given = {
        cmi5.LAUNCH_MODE: _NORMAL,
        cmi5.LAUNCH_URL: address.partition("&fetch=")[0],
        cmi5.MOVE_ON_RULE: au.settings.move_on,
    }
    if au.settings.launch_parameters:
        given[cmi5.LAUNCH_PARAMETERS] = au.settings.launch_parameters
    return given | _mastery(cmi5.MASTERY, au.unit.mastery_score)


def _mastery(name: str, score: Decimal | None) -> dict[str, Any]:
    return {} if score is None else {name: float(score)}


def _give_launch_data(opened: Launch, au: _Au, return_address: str) -> None:
    """Write what the unit reads first (10)."""
    data = {
        "contextTemplate": {
            "contextActivities": {"grouping": [{"id": au.unit.id}]},
            "extensions": {cmi5.SESSION: str(opened.pk)},
        },
        "launchMode": _NORMAL,
        "launchMethod": au.settings.launch_method,
        "moveOn": au.settings.move_on,
        "returnURL": return_address,
        **_mastery("masteryScore", au.unit.mastery_score),
    }
    if au.settings.launch_parameters:
        data["launchParameters"] = au.settings.launch_parameters
    if au.settings.entitlement_key:
        data["entitlementKey"] = {"courseStructure": au.settings.entitlement_key}
    agent = agent_key(agents.identity(actor_of(opened.registration.person)))
    state = documents.Owner(records.Resource.STATE, agent, activity_key(au.activity), opened.registration_id)
    _write(state, cmi5.LAUNCH_DATA, data)
    profile = documents.Owner(records.Resource.AGENT_PROFILE, agent)
    if documents.get(profile, cmi5.PREFERENCES) is None:
        _write(profile, cmi5.PREFERENCES, {"languagePreference": "th-TH,th,en", "audioPreference": "on"})


def _write(owner: documents.Owner, name: str, data: dict[str, Any]) -> None:
    content = json.dumps(data, ensure_ascii=False).encode()
    current = documents.get(owner, name)
    conditions = documents.Conditions(
        match=f'"{current.etag}"' if current else "", none_match="" if current else "*"
    )
    documents.put(owner, name, content, "application/json", conditions, Version.V1, None)


def _parameters(opened: Launch, au: _Au, base: str) -> dict[str, str]:
    return {
        "endpoint": f"{_origin_of(base)}/xapi",
        "fetch": f"{base}fetch/{_SIGNER.sign(str(opened.pk))}",
        "actor": json.dumps(actor_of(opened.registration.person), ensure_ascii=False),
        "registration": str(opened.registration_id),
        "activityId": au.activity,
    }


def _origin_of(base: str) -> str:
    return "/".join(base.split("/")[:3])


def _row(contents: Contents, item: str, *, now: datetime) -> ItemProgress:
    row = contents.progress.get(item)
    if row is None:
        row, _is_new = ItemProgress.objects.get_or_create(
            registration=contents.registration, unit=contents.unit, item=item, defaults={"updated_at": now}
        )
        contents.progress[item] = row
    return row
