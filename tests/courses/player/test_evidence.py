from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.catalogue.services.versions import UnitPlan
from courses.player.models import EvidenceKind
from courses.player.services import evidence, progress
from courses.player.services.evidence import Stretch, free
from tests.courses.player.factories import NOON, make_registration, units

pytestmark = pytest.mark.django_db
TEXT = UnitPlan("text", "อ่าน", "# อ่าน")
SECOND = UnitPlan("text", "อ่านต่อ", "# อ่านต่อ")


def after(seconds: float):
    return NOON + timedelta(seconds=seconds)


def report(registration, unit, begin, seconds, *, now=3600, kind=EvidenceKind.FOCUS):
    return evidence.add(registration, unit, kind, after(begin), seconds, now=after(now))


@pytest.fixture
def registration(learner):
    return make_registration(learner, TEXT, SECOND)


@pytest.fixture
def unit(registration):
    return units(registration)[0]


def seconds_of(registration):
    return {key: each.seconds for key, each in progress.progress_of(registration).items()}


def test_a_stretch_counts_once_however_often_it_is_reported(registration, unit):
    assert report(registration, unit, 0, 30) == 30
    assert report(registration, unit, 0, 30) == 0
    assert seconds_of(registration) == {unit.pk: 30}


def test_the_future_is_not_learning_time(registration, unit):
    assert report(registration, unit, 0, 500, now=20) == 20
    assert report(registration, unit, 100, 60, now=20) == 0


@pytest.mark.parametrize("seconds", [0, -5])
def test_no_time_is_no_time(registration, unit, seconds):
    assert report(registration, unit, 0, seconds) == 0
    assert not registration.evidence.exists()


def test_two_tabs_share_the_clock(registration):
    first, second = units(registration)
    report(registration, first, 0, 60)
    assert report(registration, second, 30, 60) == 30
    assert seconds_of(registration) == {first.pk: 60, second.pk: 30}


def test_what_lies_around_a_stretch_is_counted_on_both_sides(registration, unit):
    report(registration, unit, 20, 20)
    assert report(registration, unit, 0, 60) == 40
    assert seconds_of(registration) == {unit.pk: 60}


def test_pieces_end_to_end_are_kept_as_one_and_kinds_apart(registration, unit):
    report(registration, unit, 0, 15)
    report(registration, unit, 15, 15)
    report(registration, unit, 30, 15, kind=EvidenceKind.INTERACTION)
    assert list(registration.evidence.values_list("kind", "seconds")) == [("focus", 30), ("interaction", 15)]


def test_only_time_within_the_dates_counts(learner):
    registration = make_registration(learner, TEXT, opens_at=NOON, closes_at=after(40))
    (unit,) = units(registration)
    assert report(registration, unit, -30, 100) == 40


def test_a_unit_never_gives_more_than_is_plausible(registration, unit):
    # Ten minutes of topic: half an hour is the most.
    for minute in range(40):
        report(registration, unit, minute * 60, 60, now=90_000)
    assert seconds_of(registration) == {unit.pk: 1800}
    assert sum(registration.evidence.values_list("seconds", flat=True)) == 1800


def test_a_click_shows_a_minute_at_most(registration, unit):
    assert evidence.interact(registration, unit, now=NOON) == 0
    assert evidence.interact(registration, unit, now=after(40)) == 40
    assert evidence.interact(registration, unit, now=after(1000)) == 60


def test_a_click_shows_nothing_of_the_time_in_which_the_page_was_closed(registration, unit):
    progress.advance(registration, unit, now=NOON)
    progress.advance(registration, unit, now=after(600))
    assert evidence.interact(registration, unit, now=after(605)) == 5


@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(1, 90)), max_size=12),
)
def test_what_is_counted_is_what_the_reports_cover(reports):
    """Over whole seconds, the union of all stretches, whatever their order."""
    taken: list[Stretch] = []
    total = 0
    for begin, length in reports:
        for piece in list(free(after(begin), after(begin + length), sorted(taken))):
            taken.append(piece)
            total += int((piece[1] - piece[0]).total_seconds())
    covered = {second for begin, length in reports for second in range(begin, begin + length)}
    assert total == len(covered)
