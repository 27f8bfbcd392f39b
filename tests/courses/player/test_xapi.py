"""Packages that only speak xAPI: opened with a credential, counted by what they say of themselves."""

import json
from datetime import timedelta
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from courses.player.models import UnitProgress, UnitStatus
from courses.player.services import xapi
from courses.player.services.launches import Contents, launch
from courses.player.services.registrations import reschedule, take_session
from learning.records.errors import Forbidden, Unauthorized
from learning.records.models import Statement
from learning.records.services.credentials import authenticate
from learning.records.services.store import Submission, read_statement, store
from learning.records.xapi.versions import Version
from tests.courses.packages.factories import package as good_package
from tests.courses.player.packages import in_package, kept

pytestmark = pytest.mark.django_db
ACTIVITY = "https://example.org/course"
BASE = "https://portal.example/learn/run/"


@pytest.fixture
def place(media, learner, department):
    return in_package(learner, kept(good_package("xapi"), department))


def opened(place) -> dict[str, str]:
    registration, unit, session = place
    made, _secret = launch(registration, unit, ACTIVITY, session)
    described = Contents(registration, unit).item(ACTIVITY).unit
    address = xapi.start(made, described, "https://content.example/index.html", BASE)
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def send(given: dict[str, str], verb: str, activity: str = ACTIVITY, **result: object) -> None:
    statement = {
        "actor": json.loads(given["actor"]),
        "verb": {"id": f"http://adlnet.gov/expapi/verbs/{verb}"},
        "object": {"id": activity},
        "result": result,
    }
    incoming = read_statement(json.dumps(statement).encode(), Version.V1)
    (outcome,) = store([Submission(authenticate(given["auth"]), [incoming])])
    if isinstance(outcome, Exception):
        raise outcome


def test_content_is_given_what_it_needs(place):
    given = opened(place)
    assert set(given) == {"endpoint", "auth", "actor", "registration", "activity_id"}
    assert given["endpoint"] == "https://portal.example/xapi/"
    assert given["activity_id"] == ACTIVITY
    # Thai names reach also content that decodes them letter by letter.
    assert given["actor"].isascii()
    assert json.loads(given["actor"])["name"]


def test_what_is_said_of_the_whole_counts_at_once(place):
    given = opened(place)
    send(given, "experienced")
    send(given, "completed", f"{ACTIVITY}/slide")
    assert not UnitProgress.objects.filter(status=UnitStatus.COMPLETED).exists()
    send(given, "passed", score={"scaled": 0.75}, success=True)
    progress = UnitProgress.objects.get()
    assert (progress.status, progress.is_passed, progress.score) == (
        UnitStatus.COMPLETED,
        True,
        Decimal("0.75"),
    )
    send(given, "failed", score={"scaled": 0.1}, success=False)
    assert UnitProgress.objects.get().is_passed is True


def test_a_failure_does_not_complete(place):
    send(opened(place), "failed", score={"raw": 2, "max": 10}, success=False)
    progress = UnitProgress.objects.get()
    assert (progress.status, progress.is_passed, progress.score) == (
        UnitStatus.STARTED,
        False,
        Decimal("0.2"),
    )


def test_statements_about_another_activity_are_refused(place):
    with pytest.raises(Forbidden):
        send(opened(place), "completed", "https://example.org/another")


def test_statements_about_what_the_manifest_lists_are_taken_and_count_for_nothing(place):
    given = opened(place)
    send(given, "completed", "https://example.org/question")
    send(given, "answered", "https://example.org/question/1")
    assert Statement.objects.count() > 1
    assert not UnitProgress.objects.filter(status=UnitStatus.COMPLETED).exists()


def test_nothing_counts_after_the_course_has_closed(place):
    """Neither at the end of its dates nor when the learner has left it: both move the same date."""
    given = opened(place)
    reschedule(place[0], None, timezone.now() - timedelta(seconds=1))
    with pytest.raises(Forbidden):
        send(given, "completed")
    assert not UnitProgress.objects.filter(status=UnitStatus.COMPLETED).exists()
    assert not Statement.objects.exists()


def test_a_later_launch_and_another_device_end_it(place):
    first, second = opened(place), opened(place)
    with pytest.raises((Forbidden, Unauthorized)):
        send(first, "completed")
    take_session(place[0], "Safari · iPhone")
    with pytest.raises(Forbidden):
        send(second, "completed")
    assert not UnitProgress.objects.filter(status=UnitStatus.COMPLETED).exists()
