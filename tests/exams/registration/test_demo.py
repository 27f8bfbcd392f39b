"""The examination of the demonstration: loaded once, playable today, moved on when its time has passed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from exams.registration import demo
from exams.registration.models import Candidate, Examination, Level, Round, RoundStatus
from exams.registration.services import examinations
from learning.people.models import Person

pytestmark = pytest.mark.django_db


def test_part_a_has_the_known_figures():
    data = examinations.read_examination(demo.EXAMINATION)
    items = [sum(sum(counts.values()) for counts in subject.items.values()) for subject in data.subjects]
    assert items == [50, 25, 25]
    assert [subject.points for subject in data.subjects] == [100, 50, 50]
    assert data.subjects[0].pass_percent[Level.MASTER] == 65


def test_a_round_waits_for_its_candidate():
    demo.load()
    round_ = Round.objects.get()
    assert round_.status == RoundStatus.RELEASED
    assert round_.doors_open_at < timezone.now() < round_.starts_at
    own = Candidate.objects.get(person__email="candidate@demo.example")
    assert own.placement.seat.label == "A1"
    assert own.photograph
    forms = {placed.sitting.form_id for placed in round_.placements.select_related("sitting")}
    assert len(forms) == demo.FORMS
    invigilator = Person.objects.get(email="invigilator@demo.example")
    assert round_.duties.filter(person=invigilator).count() == 2


def test_loading_again_keeps_the_round_and_moves_it_when_its_start_has_passed():
    demo.load()
    demo.load()
    assert (Examination.objects.count(), Round.objects.count()) == (1, 1)
    round_ = Round.objects.get()
    late = round_.starts_at - timedelta(minutes=20)
    Round.objects.filter(pk=round_.pk).update(starts_at=late, doors_open_at=late - timedelta(minutes=30))
    demo.load()
    assert Round.objects.get().starts_at > timezone.now() + timedelta(minutes=10)


def test_when_its_time_is_over_there_is_a_new_round():
    demo.load()
    past = timezone.now() - timedelta(days=1)
    Round.objects.update(starts_at=past, doors_open_at=past - timedelta(minutes=30))
    demo.load()
    assert Round.objects.count() == 2
