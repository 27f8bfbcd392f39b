"""What a run-time sends is kept once and in order, and nothing that was reached is lost."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from courses.packages.package import Kind
from courses.player.errors import CommitUnreadable, SessionTaken
from courses.player.models import EvidenceKind, ItemProgress, UnitProgress, UnitStatus
from courses.player.services import commits, evidence, scorm
from courses.player.services.commits import Commit
from courses.player.services.launches import Contents, begin, find, launch
from courses.player.services.registrations import take_session
from tests.courses.packages.factories import package
from tests.courses.player.packages import in_package, kept
from tests.courses.player.packages import scorm as scorm_package

pytestmark = pytest.mark.django_db
SECRET = "x" * 43


def state(status: str = "incomplete", location: str = "", **core: Any) -> dict[str, Any]:
    return {"cmi": {"core": {"lesson_status": status, "lesson_location": location, **core}}}


def commit(sequence: int, kept_state: dict[str, Any], *, after: int = 0, **more: Any) -> Commit:
    return Commit(secret=SECRET, sequence=sequence, after=after, state=kept_state, **more)


@pytest.fixture
def opened(media, learner, department):
    registration, unit, session = in_package(learner, kept(scorm_package("A", "B"), department))
    return launch(registration, unit, "A", session)[0]


def item(opened) -> ItemProgress:
    return ItemProgress.objects.get(registration=opened.registration, item=opened.item)


def location(opened) -> str:
    return str(item(opened).state["cmi"]["core"]["lesson_location"])


def test_the_newest_state_is_kept_and_counts_at_once(opened):
    receipt = commits.write(opened, commit(1, state("passed", "9", score={"raw": "90"})))
    assert receipt.is_kept
    assert (item(opened).is_passed, item(opened).score) == (True, Decimal("0.9"))
    progress = UnitProgress.objects.get()
    assert (progress.status, progress.score) == (UnitStatus.STARTED, Decimal("0.9"))
    other, _secret = launch(opened.registration, opened.unit, "B", opened.session)
    commits.write(other, commit(1, state("completed")))
    progress.refresh_from_db()
    assert (progress.status, progress.is_passed) == (UnitStatus.COMPLETED, True)


def test_a_commit_that_comes_twice_or_late_changes_nothing(opened):
    commits.write(opened, commit(2, state(location="2")))
    assert commits.write(opened, commit(2, state(location="2"))).is_kept
    assert not commits.write(opened, commit(1, state(location="1"))).is_kept
    assert location(opened) == "2"


def test_what_a_late_commit_reached_counts(opened):
    commits.write(opened, commit(2, state(location="2")))
    commits.write(opened, commit(1, state("passed", "1", score={"raw": "70"})))
    assert location(opened) == "2"
    assert (item(opened).is_passed, item(opened).score) == (True, Decimal("0.7"))


def test_what_was_reached_is_never_taken_back(opened):
    commits.write(opened, commit(1, state("passed", score={"raw": "90"})))
    commits.write(opened, commit(2, state("failed", score={"raw": "10"}), after=1))
    assert (item(opened).is_completed, item(opened).is_passed, item(opened).score) == (
        True,
        True,
        Decimal("0.9"),
    )


def test_a_state_kept_on_a_device_follows_what_it_knew(opened):
    """A device was cut off at 1; it comes back after nobody, or somebody, went on elsewhere."""
    commits.write(opened, commit(1, state(location="1")))
    again, _secret = launch(opened.registration, opened.unit, "A", opened.session)
    late = commit(3, state(location="3"), after=1, launch=opened.pk)
    assert commits.write(again, late).is_kept
    # The answer was lost on its way, and the device went on.
    assert commits.write(again, commit(4, state(location="4"), after=1, launch=opened.pk)).is_kept
    elsewhere, _secret = launch(opened.registration, opened.unit, "A", opened.session)
    assert commits.write(elsewhere, commit(5, state(location="5"), after=4)).is_kept
    stale = commit(9, state("completed", "9"), after=4, launch=opened.pk)
    assert not commits.write(again, stale).is_kept
    assert location(opened) == "5"
    assert item(opened).is_completed


def test_another_device_has_taken_over(opened):
    take_session(opened.registration, "Safari · iPhone")
    opened.registration.refresh_from_db()
    with pytest.raises(SessionTaken):
        commits.write(opened, commit(1, state("completed")))
    assert not ItemProgress.objects.exists()


def test_the_unit_waits_for_its_least_time(media, learner, department):
    registration, unit, session = in_package(learner, kept(scorm_package("A"), department), min_seconds=60)
    opened, _secret = launch(registration, unit, "A", session)
    now = timezone.now()
    commits.write(opened, commit(1, state("completed")), now=now)
    assert UnitProgress.objects.get().status == UnitStatus.STARTED
    later = now + timedelta(minutes=2)
    evidence.add(registration, unit, EvidenceKind.INTERACTION, now + timedelta(seconds=30), 60, now=later)
    assert UnitProgress.objects.get().status == UnitStatus.COMPLETED


def test_a_package_that_has_no_run_time_keeps_no_state(media, learner, department):
    registration, unit, session = in_package(learner, kept(package("html"), department))
    opened, _secret = launch(registration, unit, Contents(registration, unit).startable[0].unit.id, session)
    with pytest.raises(CommitUnreadable):
        commits.write(opened, commit(1, {"cmi": {}}))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"\xff\xfe",
        b'{"secret": "short"}',
        b'{"secret": "' + b"x" * 43 + b'", "sequence": -1}',
        b'{"secret": "' + b"x" * 43 + b'", "state": []}',
        b'{"secret": "' + b"x" * 43 + b'", "state": {"a": NaN}}',
        b'{"secret": "' + b"x" * 43 + b'", "state": {"a": 1e999}}',
        b'{"secret": "' + b"x" * 43 + b'", "state": {"a": -1e999}}',
        b'{"secret": "' + b"x" * 43 + b'", "state": {"a": ' + b"9" * 5000 + b"}}",
        b'{"secret": "' + b"x" * 43 + b'", "unknown": 1}',
        b'{"secret": "' + b"x" * 43 + b'", "after": -1}',
        b'{"secret": "' + b"x" * 43 + b'", "state": {"a": ' + b"[" * 5000 + b"]" * 5000 + b"}}",
    ],
)
def test_what_is_no_message_is_refused(body):
    with pytest.raises(CommitUnreadable):
        commits.read(body)


def test_characters_that_no_database_keeps_are_dropped(opened):
    body = b'{"secret": "%s", "sequence": 1, "state": {"cmi": {"suspend_data": "a\\u0000b\\ud800c"}}}'
    commits.write(opened, commits.read(body % SECRET.encode()))
    assert item(opened).state["cmi"]["suspend_data"].startswith("ab")


def test_content_gets_back_what_it_left(opened, learner):
    unit = Contents(opened.registration, opened.unit).item("A").unit
    fresh = scorm.start_12(unit, learner, begin(opened))
    assert (fresh["core"]["entry"], fresh["core"]["lesson_status"]) == ("ab-initio", "not attempted")
    assert fresh["core"]["student_id"] == str(learner.public_id)
    left = state("incomplete", "7", exit="suspend", session_time="00:10:00", total_time="00:10:00")
    left["cmi"]["suspend_data"] = "ก" * 4000
    commits.write(opened, commit(1, left))
    again = scorm.start_12(unit, learner, item(opened))
    assert (again["core"]["entry"], again["core"]["lesson_location"]) == ("resume", "7")
    assert again["suspend_data"] == "ก" * 4000
    assert again["core"]["total_time"] == "00:10:00"
    assert not {"exit", "session_time"} & set(again["core"])


def test_content_that_said_nothing_of_a_place_has_nothing_to_resume(opened, learner):
    unit = Contents(opened.registration, opened.unit).item("A").unit
    commits.write(opened, commit(1, state("incomplete", "")))
    assert scorm.start_12(unit, learner, item(opened))["core"]["entry"] == ""
    commits.write(opened, commit(2, state("incomplete", "", exit="suspend")))
    assert scorm.start_12(unit, learner, item(opened))["core"]["entry"] == "resume"
    suspended = state("incomplete", "")
    suspended["cmi"]["suspend_data"] = "x"
    commits.write(opened, commit(3, suspended))
    assert scorm.start_12(unit, learner, item(opened))["core"]["entry"] == "resume"


def test_content_that_ended_and_is_done_is_entered_anew(media, learner, department):
    manifest_version = "2004 4th Edition"
    stored = kept(scorm_package("A", version=manifest_version), department)
    assert stored.kind == Kind.SCORM_2004_4
    registration, unit, session = in_package(learner, stored)
    opened, secret = launch(registration, unit, "A", session)
    assert find(secret) == opened
    ended = {"cmi": {"completion_status": "completed", "exit": "normal", "location": "3"}}
    commits.write(opened, commit(1, ended))
    described = Contents(registration, unit).item("A").unit
    assert scorm.start_2004(described, learner, item(opened))["entry"] == ""
    assert UnitProgress.objects.get().status == UnitStatus.COMPLETED


def test_content_that_ends_and_says_nothing_is_completed(opened):
    commits.write(opened, commit(1, state("incomplete") | {"ended_silently": "yes"}))
    assert not item(opened).is_completed
    commits.write(opened, commit(2, state("incomplete") | {"ended_silently": True}))
    assert item(opened).is_completed


def test_h5p_says_what_became_of_the_whole(media, learner, department):
    registration, unit, session = in_package(learner, kept(package("h5p"), department))
    opened, _secret = launch(registration, unit, Contents(registration, unit).startable[0].unit.id, session)
    data = [{"dataType": "state", "subContentId": "0", "previousState": "{}"}]
    commits.write(opened, commit(1, {"user_data": data, "result": None}))
    assert not item(opened).is_completed
    result = {"verb": "completed", "score": {"raw": 3, "max": 4}, "success": True, "completion": True}
    commits.write(opened, commit(2, {"user_data": data, "result": result}))
    progress = UnitProgress.objects.get()
    assert (progress.status, progress.is_passed, progress.score) == (
        UnitStatus.COMPLETED,
        True,
        Decimal("0.75"),
    )
    odds: list[Any] = [
        {"verb": 7},
        {"verb": []},
        "completed",
        {"verb": "answered", "score": "x", "success": "no"},
    ]
    for odd in odds:
        commits.write(opened, commit(item(opened).sequence + 1, {"result": odd}, after=99))
    assert UnitProgress.objects.get().score == Decimal("0.75")
