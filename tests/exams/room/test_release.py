"""Releasing a round through the simulator: what is refused by name, and who may."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from exams.registration.errors import RoundNotDraft, RoundNotReady
from exams.registration.models import Placement, Round, RoundStatus
from exams.registration.services import rounds
from exams.room.errors import UnsafeRelease
from exams.room.services import release as releasing
from exams.room.simulator import Event, Problem, Sample, play
from exams.seat import clock
from exams.seat.models import Sitting
from learning.people.models import AuditEntry
from tests.exams.knowledge.pages import statuses
from tests.exams.registration.factories import make_round
from tests.exams.seat.conftest import make_form

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def draft() -> Round:
    return make_round(candidates=4, rows=2, columns=2, starts=timedelta(hours=3), is_released=False)


def release(round_: Round, officer) -> Round:
    return releasing.release(round_, actor=officer, now=timezone.now())


def refused(round_: Round, officer) -> dict[Problem, list[str]]:
    """Who is named for what when the round is refused; it stays a draft."""
    with pytest.raises(UnsafeRelease) as caught:
        release(round_, officer)
    round_.refresh_from_db()
    assert round_.status == RoundStatus.DRAFT
    found = caught.value.verdict.problems
    return {problem: [one.number for one in who] for problem, who in found.items() if who}


def seat(round_: Round, index: int = 0) -> Placement:
    return Placement.objects.filter(round=round_).select_related("sitting", "candidate").order_by("pk")[index]


def test_a_round_as_it_is_made_is_released_and_the_least_time_is_on_record(draft, exam_officer):
    assert release(draft, exam_officer).status == RoundStatus.RELEASED
    entry = AuditEntry.objects.get(action="room.release_simulated")
    assert (entry.actor, entry.data["sittings"], entry.data["least_seconds"]) == (exam_officer, 4, 3600)


def test_the_deadline_of_a_placed_candidate_is_the_sample_s(draft):
    day = play(releasing.times_of(draft), Sample.ORDINARY)
    assert seat(draft).sitting.deadline in {m.at for m in day.moments if m.event == Event.DEADLINE}


def test_one_short_sitting_refuses_the_round(draft, exam_officer):
    short = seat(draft, 2)
    Sitting.objects.filter(pk=short.sitting_id).update(deadline=F("deadline") - timedelta(seconds=1))
    assert refused(draft, exam_officer) == {Problem.EARLY: [short.candidate.number]}
    # What the page says to do helps.
    clock.give_extra_time(
        [short.sitting_id], timedelta(seconds=1), actor=exam_officer, reason="-", now=timezone.now()
    )
    assert release(draft, exam_officer).status == RoundStatus.RELEASED


def test_a_longer_spread_of_the_keys_than_at_the_placing_is_noticed(draft, exam_officer, settings):
    settings.SEAT_KEY_SPREAD += timedelta(seconds=30)
    assert len(refused(draft, exam_officer)[Problem.EARLY]) == 4


def test_extra_percent_approved_after_the_placing_is_noticed(draft, exam_officer):
    one = seat(draft).candidate
    one.extra_percent = 25
    one.save()
    assert refused(draft, exam_officer) == {Problem.EARLY: [one.number]}


def test_a_paper_of_another_round_is_noticed(draft, exam_officer):
    Sitting.objects.filter(pk=seat(draft).sitting_id).update(form=make_form())
    assert refused(draft, exam_officer) == {Problem.UNSEALED: [seat(draft).candidate.number]}


def test_neighbours_with_one_paper_are_noticed(draft, exam_officer):
    first, second = seat(draft), seat(draft, 1)
    Sitting.objects.filter(pk=second.sitting_id).update(form=first.sitting.form)
    assert refused(draft, exam_officer) == {Problem.NEIGHBOURS: [first.candidate.number]}


def test_one_person_cannot_sit_two_rounds_at_once(draft, exam_officer):
    twice = seat(draft).candidate
    other = make_round(candidates=1, persons=[twice.person], starts=timedelta(hours=3), is_released=False)
    release(other, exam_officer)
    assert refused(draft, exam_officer) == {Problem.OVERLAP: [twice.number]}
    later = make_round(candidates=1, persons=[twice.person], starts=timedelta(hours=9), is_released=False)
    assert release(later, exam_officer).status == RoundStatus.RELEASED


def test_a_moved_start_keeps_the_round_safe(draft, exam_officer):
    at = draft.starts_at + 30 * MINUTE
    rounds.move_round(draft, at, actor=exam_officer, reason="ฝนตก", now=timezone.now())
    draft.refresh_from_db()
    assert release(draft, exam_officer).status == RoundStatus.RELEASED


def test_what_registration_asks_for_is_still_asked_for(draft, exam_officer):
    draft.duties.all().delete()
    with pytest.raises(RoundNotReady):
        release(draft, exam_officer)
    released = make_round(starts=timedelta(days=2))
    with pytest.raises(RoundNotDraft):
        release(released, exam_officer)


def test_the_check_costs_the_same_however_many_sit(exam_officer, django_assert_num_queries):
    small = make_round(candidates=2, is_released=False)
    large = make_round(candidates=12, is_released=False)
    for round_ in (small, large):
        with django_assert_num_queries(4):
            releasing.check_round(round_)


# The page -----------------------------------------------------------------------------------------


def path(round_: Round) -> str:
    return reverse("room:release", args=[round_.pk])


def test_the_times_are_for_overseers(client, draft, exam_officer, auditor, learner, agency_officer):
    invigilator = draft.duties.get().person
    people = (exam_officer, auditor, invigilator, agency_officer, learner, None)
    assert statuses(client, path(draft), *people) == [200, 200, 403, 403, 403, 302]


def test_only_an_exam_officer_releases(client, draft, auditor, learner):
    for person, status in ((auditor, 403), (learner, 403)):
        client.force_login(person)
        assert client.post(path(draft), {"is_seen": "on"}).status_code == status
    client.logout()
    assert client.post(path(draft), {"is_seen": "on"}).status_code == 302
    draft.refresh_from_db()
    assert draft.status == RoundStatus.DRAFT


def test_the_page_says_what_everybody_has_and_releases_after_a_look(client, draft, exam_officer):
    client.force_login(exam_officer)
    page = client.get(path(draft)).content.decode()
    assert "ทุกคนมีเวลาทำข้อสอบอย่างน้อย 1 ชั่วโมง" in page
    assert client.post(path(draft), {}).status_code == 422
    assert client.post(path(draft), {"is_seen": "on"}).status_code == 302
    draft.refresh_from_db()
    assert draft.status == RoundStatus.RELEASED
    assert 'name="is_seen"' not in client.get(path(draft)).content.decode()


def test_the_page_names_who_would_be_wronged_and_offers_no_release(client, draft, exam_officer):
    short = seat(draft)
    Sitting.objects.filter(pk=short.sitting_id).update(deadline=F("deadline") - 10 * MINUTE)
    client.force_login(exam_officer)
    page = client.get(path(draft)).content.decode()
    assert short.candidate.number in page
    assert "จะถูกส่งคำตอบก่อนหมดเวลา" in page
    assert "10 นาที" in page
    assert "ทุกคนมีเวลา" not in page
    assert 'name="is_seen"' not in page
    assert client.post(path(draft), {"is_seen": "on"}).status_code == 409


def test_a_round_that_is_not_there(client, exam_officer):
    client.force_login(exam_officer)
    assert client.get(reverse("room:release", args=[999])).status_code == 404
