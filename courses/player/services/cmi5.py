"""cmi5 at run time, the side of the LMS: launch, fetch, the rules of a session, and its end.

What it rests on, and in which order writers wait for each other, is in `cmi5_course`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.core import signing
from django.db import transaction
from django.utils import timezone

from courses.catalogue.models import Unit
from courses.player import cmi5
from courses.player.cmi5 import Mode, RuleBroken, Session, is_satisfied
from courses.player.models import ItemProgress, Launch, Purpose, Registration
from courses.player.services.cmi5_course import Au, satisfy, say
from courses.player.services.counting import count
from courses.player.services.launches import LASTS, Contents, is_valid
from courses.player.services.registrations import lock
from courses.player.services.xapi import with_parameters
from learning.records import models as records
from learning.records import vocabulary as words
from learning.records.errors import Forbidden
from learning.records.services import credentials, documents, positions
from learning.records.services.actors import actor_of
from learning.records.xapi import agents
from learning.records.xapi.index import activity_key, agent_key
from learning.records.xapi.versions import Version

RULES = "cmi5"
_SIGNER = signing.Signer(salt="courses.player.cmi5.fetch")
_LAUNCHES = Launch.objects.select_related(
    "registration__person", "registration__version", "unit__topic", "unit__package"
)
# Lost sessions are looked for every hour; after some days without that, the next launch finds them.
_LOOKED_BACK = timedelta(days=3)
# What an assignable unit reads before it says anything.
_READ_FIRST = frozenset({cmi5.LAUNCH_DATA, cmi5.PREFERENCES})


class FetchRefused(Exception):
    """A fetch URL gives nothing; `code` is cmi5's (8.2.3)."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class _Place:
    """An assignable unit of a registration, and the row that its latest session is kept in."""

    au: Au
    progress: ItemProgress

    @property
    def session(self) -> dict[str, Any]:
        """The latest session; empty where there was none."""
        found: dict[str, Any] = self.progress.state.get("session", {})
        return found

    def is_going_on(self, session: str) -> bool:
        """Say whether this session is the latest one and has not ended."""
        return self.session.get("id") == session and not _has_ended(self.session)

    @property
    def mode(self) -> Mode:
        """What a session that begins now is for."""
        if self.au.contents.registration.purpose == Purpose.PREVIEW:
            return Mode.BROWSE
        reached = self.progress.state.get("reached", {})
        return cmi5.mode_of(
            self.au.settings.move_on,
            self.au.unit.mastery_score,
            completed=reached.get("completed", False),
            passed=reached.get("passed", False),
            failed=reached.get("failed", False),
        )


@transaction.atomic
def start(launch: Launch, address: str, base: str, return_address: str) -> str:
    """Begin a session, and return the address that the unit is opened at (8.1)."""
    now, session = timezone.now(), str(uuid4())
    positions.take_turn()
    place = _locked(launch.registration, launch.unit, launch.item, now=now)
    au, mode = place.au, place.mode
    satisfy(au.contents, session, now=now)
    _abandon(place, now=now)
    launched = with_parameters(address, _parameters(au, base, f"{launch.pk} {session}"))
    say(au, words.LAUNCHED, session, now=now, extensions=_launch_extensions(au, mode, launched))
    _give_launch_data(au, mode, session, return_address)
    place.progress.state["session"] = {
        "id": session,
        "mode": mode,
        "verbs": [],
        "read": [],
        # Of the record store; None until it was fetched.
        "credential": None,
        "at": now.isoformat(),
    }
    place.progress.save(update_fields=["state"])
    return launched


@transaction.atomic
def fetch(token: str) -> str:
    """Give out the credential of a session, once (8.2). Raises FetchRefused."""
    try:
        reference = _SIGNER.unsign(token)
        place = _of_session(reference)
    except signing.BadSignature as error:
        raise FetchRefused(2, "This is no fetch URL of a session.") from error
    except Forbidden as error:
        raise FetchRefused(2, "The session of this fetch URL is over.") from error
    if place.session["credential"]:
        raise FetchRefused(1, "This fetch URL has been used.")
    registration = place.au.contents.registration
    credential, secret = credentials.issue_launch_credential(
        actor=actor_of(registration.person),
        activity=place.au.activity,
        registration=registration.pk,
        lifetime=LASTS,
        prefixes=(place.au.unit.id,),
        rules=RULES,
        reference=reference,
    )
    place.session["credential"] = credential.pk
    place.progress.save(update_fields=["state"])
    return secret.basic.removeprefix("Basic ")


def abandon_lost(*, now: datetime) -> int:
    """Abandon the sessions that nobody ended before their launch was too old; return how many there were."""
    lost = records.Launch.objects.filter(
        rules=RULES, revoked_at=None, expires_at__gt=now - _LOOKED_BACK, expires_at__lte=now
    )
    references = list(lost.values_list("reference", flat=True))
    for reference in references:
        abandon(reference, now=now)
    return len(references)


@transaction.atomic
def abandon(reference: str, *, now: datetime) -> None:
    """End the session that a credential was given for, if it still goes on (9.3.6)."""
    positions.take_turn()
    launch, session = _referred(reference)
    place = launch and _locked(launch.registration, launch.unit, launch.item, now=now)
    if place and place.is_going_on(session):
        _abandon(place, now=now)
        place.progress.save(update_fields=["state"])


class Rules:
    """What cmi5 says about the statements and documents of a session (`learning.records.launches`)."""

    def before_statements(self, given: records.Launch, statements: Sequence[dict[str, Any]]) -> None:
        """Refuse what breaks a rule; store what a terminated session satisfies before its end."""
        place = _of_session(given.reference)
        after = _replayed(place, statements)
        if "terminated" in after.verbs:
            _reach(place, after)

    def after_statements(self, given: records.Launch, statements: Sequence[dict[str, Any]]) -> None:
        """Count what the statements say, and store what they satisfy."""
        place = _of_session(given.reference)
        after = _replayed(place, statements)
        _reach(place, after)
        place.session["verbs"] = list(after.verbs)
        place.progress.save()
        if "terminated" in after.verbs:
            credentials.revoke_launch(given)

    def before_document(
        self, given: records.Launch, resource: records.Resource, name: str, method: str
    ) -> None:
        """Keep what the platform gives to a session as it is, and note that it was read."""
        place = _of_session(given.reference)
        if method == "GET":
            _note_read(place, name)
        elif resource == records.Resource.STATE and name in {"", cmi5.LAUNCH_DATA}:
            raise Forbidden("10: the launch data is the LMS's")
        elif name == cmi5.PREFERENCES:
            raise Forbidden("11: learner preferences are not changed from content here")


def _locked(registration: Registration, unit: Unit, item: str, *, now: datetime) -> _Place:
    lock(registration)
    contents = Contents(registration, unit)
    return _Place(Au(contents, contents.item(item).unit), contents.row(item, now=now))


def _of_session(reference: str) -> _Place:
    """Return where a session goes on, by its launch and its id. Raises Forbidden when it is over."""
    launch, session = _referred(reference)
    if launch is None or not is_valid(launch):
        raise Forbidden("this launch is over")
    place = _locked(launch.registration, launch.unit, launch.item, now=timezone.now())
    if not place.is_going_on(session):
        raise Forbidden("this session is over")
    return place


def _referred(reference: str) -> tuple[Launch | None, str]:
    """Return the launch and the session that a credential refers to; None for a launch that is gone."""
    launch, _space, session = reference.partition(" ")
    return _LAUNCHES.filter(pk=launch).first(), session


def _has_ended(session: dict[str, Any]) -> bool:
    return "terminated" in session["verbs"] or session.get("abandoned", False)


def _note_read(place: _Place, name: str) -> None:
    read = place.session["read"]
    if name in _READ_FIRST and name not in read:
        read.append(name)
        place.progress.save(update_fields=["state"])


def _replayed(place: _Place, statements: Sequence[dict[str, Any]]) -> Session:
    kept, reached = place.session, place.progress.state.get("reached", {})
    session = Session(
        id=kept["id"],
        registration=str(place.au.contents.registration.pk),
        activity=place.au.activity,
        publisher=place.au.unit.id,
        mastery=place.au.unit.mastery_score,
        mode=Mode(kept["mode"]),
        is_prepared=set(kept["read"]) >= _READ_FIRST,
        verbs=tuple(kept["verbs"]),
        is_completed=reached.get("completed", False),
        is_passed=reached.get("passed", False),
        is_failed=reached.get("failed", False),
        score=place.progress.score,
    )
    try:
        for statement in statements:
            session = session.after(statement)
    except RuleBroken as broken:
        raise Forbidden(str(broken)) from broken
    return session


def _reach(place: _Place, after: Session) -> None:
    now, progress = timezone.now(), place.progress
    reached = {"completed": after.is_completed, "passed": after.is_passed, "failed": after.is_failed}
    if reached == progress.state.get("reached") and after.score == progress.score:
        return
    done = "waived" in progress.state or is_satisfied(
        place.au.settings.move_on, completed=after.is_completed, passed=after.is_passed
    )
    progress.state["reached"] = reached
    progress.is_completed = progress.is_completed or done
    progress.is_passed = True if after.is_passed else (False if after.is_failed and not done else None)
    progress.score, progress.updated_at = after.score, now
    satisfy(place.au.contents, after.id, now=now)
    count(place.au.contents, now=now)


def _abandon(place: _Place, *, now: datetime) -> None:
    """End the session that goes on, if one does; the caller keeps the row."""
    session = place.session
    if session and not _has_ended(session):
        session["abandoned"] = True
        for given in records.Launch.objects.filter(pk=session["credential"]):
            credentials.revoke_launch(given)
        if "initialized" in session["verbs"]:
            seconds = max(0.0, (now - datetime.fromisoformat(session["at"])).total_seconds())
            result = {"duration": f"PT{seconds:.2f}S"}
            say(place.au, words.ABANDONED, session["id"], now=now, result=result)


# -- What a unit is opened with -------------------------------------------------------------------------
def _parameters(au: Au, base: str, reference: str) -> dict[str, str]:
    registration = au.contents.registration
    return {
        # With the slash: much content puts "statements" behind it, and two are read as one.
        "endpoint": f"{_origin_of(base)}/xapi/",
        "fetch": f"{base}fetch/{_SIGNER.sign(reference)}",
        # In ASCII: older content reads addresses with unescape(), which knows no Thai.
        "actor": json.dumps(actor_of(registration.person)),
        "registration": str(registration.pk),
        "activityId": au.activity,
    }


def _origin_of(base: str) -> str:
    return "/".join(base.split("/")[:3])


def _launch_extensions(au: Au, mode: Mode, address: str) -> dict[str, Any]:
    given = {
        cmi5.LAUNCH_MODE: mode,
        cmi5.LAUNCH_URL: address.partition("&fetch=")[0],
        cmi5.MOVE_ON_RULE: au.settings.move_on,
    }
    if au.settings.launch_parameters:
        given[cmi5.LAUNCH_PARAMETERS] = au.settings.launch_parameters
    return given | _mastery(cmi5.MASTERY, au.unit.mastery_score)


def _mastery(name: str, score: Decimal | None) -> dict[str, Any]:
    return {} if score is None else {name: float(score)}


def _give_launch_data(au: Au, mode: Mode, session: str, return_address: str) -> None:
    """Write what the unit reads first (10)."""
    data = {
        "contextTemplate": {
            "contextActivities": {"grouping": [{"id": au.unit.id}]},
            "extensions": {cmi5.SESSION: session},
        },
        "launchMode": mode,
        "launchMethod": au.settings.launch_method,
        "moveOn": au.settings.move_on,
        "returnURL": return_address,
        **_mastery("masteryScore", au.unit.mastery_score),
    }
    if au.settings.launch_parameters:
        data["launchParameters"] = au.settings.launch_parameters
    if au.settings.entitlement_key:
        data["entitlementKey"] = {"courseStructure": au.settings.entitlement_key}
    registration = au.contents.registration
    agent = agent_key(agents.identity(actor_of(registration.person)))
    state = documents.Owner(records.Resource.STATE, agent, activity_key(au.activity), registration.pk)
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
