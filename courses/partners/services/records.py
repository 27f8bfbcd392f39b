"""Partners that report by learning records: what they may say, and what it completes.

A partner's client writes statements about the activities of its own courses, of persons who went there from
here, and nothing else. Everything happens in the transaction that stores the statements: a reply with 200
says that the completion is kept as well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Prefetch, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone

from courses.catalogue.models import Course
from courses.partners.errors import NotExternal
from courses.partners.models import ReportedActivity, Source, Visit
from courses.partners.services.outcomes import Report, keep
from learning.people import audit
from learning.people.models import Person
from learning.records.errors import Forbidden
from learning.records.models import Client, Scope
from learning.records.services.credentials import KeyAndSecret, create_client, revoke_client
from learning.records.xapi.formats import read_timestamp

RULES = "partners"
_SCOPES = [Scope.WRITE_STATEMENTS.value, Scope.READ_OWN_STATEMENTS.value]
# How far ahead a partner's clock may be; a time in the future would keep every honest one out.
_AHEAD = timedelta(minutes=5)
_PLACES = Decimal("0.0001")
_COMPLETING = frozenset({"completed", "passed", "mastered"})
_Statements = Sequence[dict[str, Any]]


# -- Letting partners in --------------------------------------------------------------------------------
@transaction.atomic
def let_in(name: str, *, actor: Person | None) -> KeyAndSecret:
    """Give a partner a credential, and return it; it cannot be shown again."""
    secret = create_client(name, _SCOPES, rules=RULES)
    audit.record(actor, "partners.records_let_in", Client.objects.get(key=secret.key), name=name)
    return secret


@transaction.atomic
def shut_out(client: Client, *, actor: Person | None) -> None:
    """Let a partner report nothing any more; what it reported stays."""
    revoke_client(client)
    audit.record(actor, "partners.records_shut_out", client, name=client.name)


@transaction.atomic
def connect(client: Client, course: Course, activity: str, *, actor: Person | None) -> ReportedActivity:
    """Let a partner report of a course, under its own id of the activity.

    Raises NotExternal for a course that is not at a partner's, or of which another one reports.
    """
    taken = ReportedActivity.objects.exclude(client=client)
    if not course.is_external or taken.filter(course=course).exists() or taken.filter(activity=activity):
        raise NotExternal
    made, _created = ReportedActivity.objects.update_or_create(
        course=course, defaults={"client": client, "activity": activity}
    )
    audit.record(actor, "partners.records_connected", client, code=course.code, activity=activity)
    return made


@transaction.atomic
def let_in_for(
    course: Course, activity: str, *, name: str, actor: Person | None
) -> tuple[Client, KeyAndSecret]:
    """Let a partner in for its first course, or not at all. Raises NotExternal as `connect` does."""
    secret = let_in(name, actor=actor)
    client = Client.objects.get(key=secret.key)
    connect(client, course, activity, actor=actor)
    return client, secret


def let_in_partners() -> QuerySet[Client]:
    """Return the partners that were let in, with the courses they report of; those still let in first."""
    own = Prefetch("reported_activities", ReportedActivity.objects.select_related("course"))
    found = Client.objects.filter(rules=RULES).prefetch_related(own)
    return found.order_by(F("revoked_at").desc(nulls_first=True), "name")


# -- What they say --------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Said:
    """One statement of a partner, understood."""

    course: Course
    person: int
    report: Report


class Rules:
    """What counts of the statements of partners (`learning.records.launches`)."""

    def before_statements(self, client: int, statements: _Statements) -> None:
        """Refuse all of them unless each is about a course of this partner and somebody who went there."""
        _understood(client, statements)

    def after_statements(self, client: int, statements: _Statements) -> None:
        """Keep what is said, for each course and person together."""
        by_course: dict[Course, dict[int, Report]] = {}
        for said in _understood(client, statements):
            reports = by_course.setdefault(said.course, {})
            reports[said.person] = _merged(reports.get(said.person), said.report)
        for course, reports in by_course.items():
            keep(course, reports, source=Source.XAPI, actor=None)


def _understood(client: int, statements: _Statements) -> list[_Said]:
    now = timezone.now()
    own = ReportedActivity.objects.filter(client=client).select_related("course")
    courses = {each.activity: each.course for each in own}
    persons = _persons([statement["actor"] for statement in statements])
    visits = set(
        Visit.objects.filter(person__in=set(persons.values()), course__in=courses.values()).values_list(
            "person", "course"
        )
    )
    said = []
    for place, statement in enumerate(statements):
        course = courses.get(str(statement["object"].get("id")))
        if course is None:
            raise Forbidden(f"statements[{place}].object is no activity that this partner reports of")
        person = persons.get(_name(statement["actor"]))
        if person is None or (person, course.pk) not in visits:
            raise Forbidden(f"statements[{place}].actor is nobody who opened this course from here")
        said.append(_Said(course, person, _report(statement, place, now)))
    return said


def _report(statement: Mapping[str, Any], place: int, now: datetime) -> Report:
    at = read_timestamp(statement["timestamp"]) if "timestamp" in statement else now
    if at > now + _AHEAD:
        raise Forbidden(f"statements[{place}].timestamp is in the future")
    result = statement.get("result", {})
    is_completed = (
        statement["verb"]["id"].rpartition("/")[2] in _COMPLETING
        and result.get("success") is not False
        and result.get("completion") is not False
    )
    return Report(at, _share(result.get("score", {})), at if is_completed else None)


def _merged(one: Report | None, other: Report) -> Report:
    if one is None:
        return other
    scores = [score for score in (one.score, other.score) if score is not None]
    ends = [end for end in (one.completed_at, other.completed_at) if end is not None]
    return Report(max(one.at, other.at), max(scores, default=None), min(ends, default=None))


def _share(score: Mapping[str, Any]) -> Decimal | None:
    """Return a score as a share of the full marks; None where nobody says how many those are."""
    scaled, raw, least, most = (score.get(name) for name in ("scaled", "raw", "min", "max"))
    if scaled is None and raw is not None and most is not None and most > (least or 0):
        scaled = (Decimal(str(raw)) - Decimal(str(least or 0))) / (
            Decimal(str(most)) - Decimal(str(least or 0))
        )
    if scaled is None:
        return None
    return min(max(Decimal(str(scaled)), Decimal(0)), Decimal(1)).quantize(_PLACES)


# -- Whom they mean -------------------------------------------------------------------------------------
def _name(actor: Mapping[str, Any]) -> str:
    """Return how an actor is named: by e-mail address, or by an account of this platform."""
    if str(actor.get("mbox", "")).startswith("mailto:"):
        return str(actor["mbox"]).removeprefix("mailto:").lower()
    account = actor.get("account") or {}
    if account.get("homePage") != settings.PUBLIC_ORIGIN:
        return ""
    try:
        return str(UUID(account.get("name", "")))
    except ValueError:
        return ""


def _persons(actors: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Return the active persons whom actors mean, by their names, in two queries."""
    names = {_name(actor) for actor in actors} - {""}
    people = Person.objects.filter(is_active=True)
    emails = people.annotate(folded=Lower("email")).filter(folded__in=[name for name in names if "@" in name])
    accounts = people.filter(public_id__in=[name for name in names if "@" not in name])
    found = {email: pk for email, pk in emails.values_list("folded", "pk") if email}
    return found | {str(public_id): pk for public_id, pk in accounts.values_list("public_id", "pk")}
