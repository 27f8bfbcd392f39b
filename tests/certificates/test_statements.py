"""What learning records hear of certificates."""

import pytest

from certificates.services import revoke, supersede
from learning.records.models import OutboxEntry

from .conftest import NOW, issue_certificate

pytestmark = pytest.mark.django_db


def said() -> list[tuple[str, str]]:
    entries = OutboxEntry.objects.order_by("pk")
    return [(each.statement["verb"]["display"]["en"], each.statement["object"]["id"]) for each in entries]


def test_a_certificate_is_earned_once(learner):
    certificate = issue_certificate(learner)
    issue_certificate(learner)
    ((verb, thing),) = said()
    assert verb == "earned"
    assert thing.endswith(f"/id/certificate/knowledge-test-pass/{certificate.year}/{certificate.number}")
    assert certificate.code not in str(OutboxEntry.objects.get().statement)


def test_a_corrected_one_is_not_earned_anew_and_is_revoked_as_the_first(learner, certificate_officer):
    first = issue_certificate(learner)
    second = supersede(
        first,
        title="นาง",
        first_name="สมหญิง",
        last_name="ใจดี",
        reason="แก้ชื่อ",
        by=certificate_officer,
        now=NOW,
    )
    assert len(said()) == 1
    revoke(second, "ทุจริต", certificate_officer, NOW)
    (_earned, earned), (verb, lost) = said()
    assert (verb, lost) == ("lost", earned)
