"""Release, withholding, certificates."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from certificates.kinds import EXAM_PASS
from certificates.models import Certificate, CertificateStatus
from exams.results.errors import (
    AlreadyReleased,
    ReasonNeeded,
    RoundNotConcluded,
    StillAltered,
    WithheldAlready,
)
from exams.results.models import ExamResult, Outcome, RoundResults
from exams.results.services.releasing import certify_released, release, set_free, withhold
from learning.people.models import AuditEntry

from .factories import FAILING, PASSING, alter, announce, conclude, make_sat_round, repair

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def round_(learner):
    round_ = make_sat_round(learner, candidates=1, right=[PASSING, FAILING])
    conclude(round_)
    return round_


@pytest.fixture
def result(round_, learner):
    return ExamResult.objects.get(candidate__person=learner)


def test_a_round_without_results_is_not_released(exam_officer):
    now = timezone.now()
    with pytest.raises(RoundNotConcluded):
        release(make_sat_round(candidates=1), now, actor=exam_officer, now=now)


def test_the_day_can_be_changed_until_it_has_come(round_, exam_officer):
    now = timezone.now()
    release(round_, now + timedelta(days=2), actor=exam_officer, now=now)
    found = release(round_, now + timedelta(days=1), actor=exam_officer, now=now)
    assert found.release_at == now + timedelta(days=1)
    with pytest.raises(AlreadyReleased):
        release(round_, now, actor=exam_officer, now=now + timedelta(days=1))
    assert AuditEntry.objects.filter(action="results.release_set").count() == 2


def test_a_past_day_means_now(round_, exam_officer):
    now = timezone.now()
    assert release(round_, now - timedelta(days=9), actor=exam_officer, now=now).release_at == now


def test_certificates_are_issued_at_release_and_not_before(round_, exam_officer, learner):
    now = timezone.now()
    release(round_, now + timedelta(hours=1), actor=exam_officer, now=now)
    assert certify_released(now=now) == 0
    assert certify_released(now=now + timedelta(hours=1)) == 1
    certificate = Certificate.objects.get()
    assert (certificate.person, certificate.kind) == (learner, EXAM_PASS)
    assert certificate.facts["award"]["level"] == "ปริญญาตรี"
    assert [each["points"] for each in certificate.facts["award"]["subjects"]] == ["75.00", "50.00", "50.00"]


def test_certifying_again_issues_nothing(round_, exam_officer):
    announce(round_, exam_officer)
    assert RoundResults.objects.get().certified_at is not None
    assert certify_released(now=timezone.now()) == 0
    RoundResults.objects.update(certified_at=None)
    assert certify_released(now=timezone.now()) == 0
    assert Certificate.objects.count() == 1


def test_a_withheld_result_gets_no_certificate_until_it_is_given_free(round_, result, exam_officer):
    now = timezone.now()
    withhold(result, "มีผู้ร้องเรียน", actor=exam_officer, now=now)
    announce(round_, exam_officer)
    assert not Certificate.objects.exists()
    set_free(result, "ตรวจสอบแล้วไม่พบความผิด", actor=exam_officer, now=now)
    assert certify_released(now=timezone.now()) == 1
    actions = AuditEntry.objects.filter(action__in=("results.withheld", "results.set_free"))
    assert [entry.data["reason"] for entry in actions.order_by("pk")] == ["มีผู้ร้องเรียน", "ตรวจสอบแล้วไม่พบความผิด"]


def test_withholding_after_the_release_revokes_the_certificate_and_freeing_issues_a_new_one(
    round_, result, exam_officer
):
    announce(round_, exam_officer)
    withhold(result, "พบเครื่องมือสื่อสาร", actor=exam_officer, now=timezone.now())
    assert Certificate.objects.get().status == CertificateStatus.REVOKED
    set_free(result, "ยกข้อกล่าวหา", actor=exam_officer, now=timezone.now())
    assert certify_released(now=timezone.now()) == 1
    result.refresh_from_db()
    assert result.certificate.is_valid
    assert Certificate.objects.count() == 2


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_reason_is_needed(result, exam_officer, reason):
    with pytest.raises(ReasonNeeded):
        withhold(result, reason, actor=exam_officer, now=timezone.now())


def test_of_two_officers_one_withholds_and_the_other_is_told(result, exam_officer):
    withhold(result, "หนึ่ง", actor=exam_officer, now=timezone.now())
    with pytest.raises(WithheldAlready):
        withhold(result, "สอง", actor=exam_officer, now=timezone.now())
    set_free(result, "สาม", actor=exam_officer, now=timezone.now())
    with pytest.raises(WithheldAlready):
        set_free(result, "สี่", actor=exam_officer, now=timezone.now())


def test_what_could_not_be_marked_is_marked_when_its_journal_is_whole_again(exam_officer):
    round_ = make_sat_round(candidates=1, right=[PASSING])
    candidate = round_.candidates.get()
    alter(candidate)
    conclude(round_)
    result = ExamResult.objects.get(candidate=candidate)
    with pytest.raises(StillAltered):
        set_free(result, "ลองอีกครั้ง", actor=exam_officer, now=timezone.now())
    repair(candidate)
    free = set_free(result, "กู้คืนจากสำเนาสำรอง", actor=exam_officer, now=timezone.now())
    assert (free.outcome, free.subjects.count(), free.is_withheld) == (Outcome.PASSED, 3, False)
