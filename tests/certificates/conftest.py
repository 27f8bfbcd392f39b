"""A certificate to look at, print, revoke and replace."""

import datetime

import pytest
from django.utils import timezone

from certificates import services
from certificates.kinds import KNOWLEDGE_TEST_PASS
from certificates.models import Certificate
from learning.people.models import Person

NOW = datetime.datetime(2026, 11, 21, 10, 30, tzinfo=datetime.UTC)
FACTS = {
    "test_name": "ความรู้เกี่ยวกับพระราชบัญญัติข้อมูลข่าวสารของราชการ พ.ศ. 2540",
    "test_name_en": "Official Information Act, B.E. 2540",
    "round_name": "รอบที่ 1 ประจำปี 2569",
    "test_date": datetime.date(2026, 11, 20),
    "agency_name": "กรมทดสอบ กระทรวงทดสอบ",
    "score": 41,
    "max_score": 50,
    "pass_mark": 30,
}


def issue_certificate(person: Person, subject: str = "knowledge-attempt:1", **changes: object) -> Certificate:
    """Issue a knowledge-test certificate; `changes` are facts, or `now` and `issued_by`."""
    now = changes.pop("now", NOW)
    issued_by = changes.pop("issued_by", None)
    return services.issue(
        KNOWLEDGE_TEST_PASS,
        person,
        FACTS | changes,
        subject=subject,
        issued_by=issued_by,  # type: ignore[arg-type]
        now=now,  # type: ignore[arg-type]
    )


@pytest.fixture
def certificate(learner: Person) -> Certificate:
    return issue_certificate(learner)


@pytest.fixture
def now() -> datetime.datetime:
    return NOW


@pytest.fixture(autouse=True)
def _bangkok():
    with timezone.override("Asia/Bangkok"):
        yield
