from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from courses.catalogue.services.versions import UnitPlan
from courses.player import registry
from courses.player.errors import NoLongerOpen, NotYetOpen, OpensAfter
from courses.player.models import EvidenceKind, Registration, UnitProgress, UnitStatus
from courses.player.services import evidence, progress, registrations
from tests.courses.player.factories import NOON, make_registration, units

pytestmark = pytest.mark.django_db
TEXT = UnitPlan("text", "อ่าน", "# อ่าน")
SECOND = UnitPlan("text", "อ่านต่อ", "# อ่านต่อ")


@pytest.fixture
def told(monkeypatch):
    heard: list[Registration] = []
    monkeypatch.setattr(registry, "_listeners", [heard.append])
    return heard


def test_progress_begins_with_the_first_word_of_it_and_tells(learner, told):
    registration = make_registration(learner, TEXT)
    (unit,) = units(registration)
    written = progress.advance(registration, unit, position=3, now=NOON)
    registration.refresh_from_db()
    assert (written.status, written.position) == (UnitStatus.STARTED, 3)
    assert (registration.last_unit, registration.last_active_at) == (unit, NOON)
    assert told == [registration]


def test_what_was_completed_passed_or_scored_is_never_taken_back(learner):
    registration = make_registration(learner, TEXT)
    (unit,) = units(registration)
    progress.advance(registration, unit, completed=True, passed=True, score=Decimal("0.8"), now=NOON)
    later = progress.advance(
        registration, unit, passed=False, score=Decimal("0.3"), position=1, now=NOON + timedelta(hours=1)
    )
    assert (later.status, later.is_passed, later.score) == (UnitStatus.COMPLETED, True, Decimal("0.8"))
    assert later.completed_at == NOON


def test_a_unit_that_is_done_waits_for_its_least_time(learner, told):
    registration = make_registration(learner, UnitPlan("text", "อ่าน", "# อ่าน", min_seconds=60))
    (unit,) = units(registration)
    progress.advance(registration, unit, completed=True, now=NOON)
    assert progress.progress_of(registration)[unit.pk].status == UnitStatus.STARTED
    evidence.add(registration, unit, EvidenceKind.FOCUS, NOON, 60, now=NOON + timedelta(seconds=60))
    assert progress.progress_of(registration)[unit.pk].status == UnitStatus.COMPLETED
    assert len(told) == 2


def test_nothing_is_told_of_a_position_or_of_a_preview(learner, told):
    registration = make_registration(learner, TEXT)
    (unit,) = units(registration)
    progress.advance(registration, unit)
    progress.advance(registration, unit, position=9)
    preview = registrations.preview(learner, registration.version)
    progress.advance(preview, unit, completed=True)
    assert told == [registration]


def test_units_are_open_between_the_dates(learner):
    registration = make_registration(learner, TEXT, opens_at=NOON, closes_at=NOON + timedelta(days=1))
    (unit,) = units(registration)
    with pytest.raises(NotYetOpen, match="2569"):
        progress.refuse_closed(registration, unit, now=NOON - timedelta(seconds=1))
    progress.refuse_closed(registration, unit, now=NOON)
    with pytest.raises(NoLongerOpen):
        progress.refuse_closed(registration, unit, now=NOON + timedelta(days=1))


def test_a_unit_opens_after_the_one_it_names(learner):
    registration = make_registration(learner, TEXT, SECOND, UnitPlan("text", "ท้าย", "# ท้าย", opens_after=0))
    first, second, third = units(registration)
    assert progress.is_open(registration, second)
    with pytest.raises(OpensAfter, match="อ่าน"):
        progress.refuse_closed(registration, third)
    progress.advance(registration, first, completed=True)
    assert progress.is_open(registration, third)


def test_a_sequential_version_opens_one_after_the_other_past_what_is_not_required(learner):
    optional = UnitPlan("text", "เพิ่มเติม", "# เพิ่มเติม", is_required=False)
    registration = make_registration(learner, TEXT, optional, SECOND, is_sequential=True)
    first, extra, second = units(registration)
    assert [progress.is_open(registration, unit) for unit in (first, extra, second)] == [True, False, False]
    progress.advance(registration, first, completed=True)
    assert [progress.is_open(registration, unit) for unit in (first, extra, second)] == [True, True, True]


def test_a_preview_opens_everything(learner):
    registration = make_registration(learner, TEXT, SECOND, is_sequential=True)
    preview = registrations.preview(learner, registration.version)
    assert all(progress.is_open(preview, unit) for unit in units(preview))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_writers_at_once_the_best_stays_and_none_waits_for_ever(learner):
    registration = make_registration(learner, TEXT)
    (unit,) = units(registration)

    def write(number):
        try:
            progress.advance(registration, unit, completed=number == 3, score=Decimal(number) / 10, now=NOON)
            evidence.add(
                registration, unit, EvidenceKind.FOCUS, NOON, 30 + number, now=NOON + timedelta(minutes=2)
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    written = UnitProgress.objects.get()
    assert (written.score, written.status, written.seconds) == (Decimal("0.7"), UnitStatus.COMPLETED, 37)
