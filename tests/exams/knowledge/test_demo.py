"""The demonstration data reproduces the published figures of 2566."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import call_command
from django.utils import timezone

from exams.knowledge import demo
from exams.knowledge.models import Attempt, Round, RoundStatus, SupportRequest
from exams.knowledge.reports import make_report
from exams.knowledge.services.definitions import items_of
from exams.knowledge.services.invitations import count_progress
from learning.people.models import Person

pytestmark = pytest.mark.django_db


def test_the_demonstration_shows_the_published_figures_and_loads_once():
    demo.load()
    counts = (Attempt.objects.count(), Round.objects.count(), Person.objects.count())
    demo.load()
    assert (Attempt.objects.count(), Round.objects.count(), Person.objects.count()) == counts

    report = make_report(2566)
    total, supported = report.all.total, report.supported.total
    assert (total.takers, total.passed, str(total.percent)) == (1737, 634, "36.50")
    assert (supported.takers, supported.passed, str(supported.percent)) == (471, 123, "26.11")
    assert len(report.supported.lines) == 10

    output = io.StringIO()
    call_command("knowledge_test_report", year=2566, format="json", stdout=output)
    written = json.loads(output.getvalue())
    assert (written["all"]["percent"], written["supported"]["percent"]) == ("36.50", "26.11")

    open_now = Round.objects.with_status(RoundStatus.OPEN, timezone.now())
    everybody = open_now.get(support_request=None)
    assert sum(items_of(everybody.definition).values()) == 50
    assert everybody.definition.minutes == 60
    assert everybody.definition.pass_percent == 60
    progress = count_progress(open_now.get(support_request__isnull=False))
    assert progress == {"not_started": 19, "sitting": 3, "not_passed": 5, "passed": 13, "all": 40}
    assert SupportRequest.objects.filter(status="submitted").count() == 1


def test_the_learner_can_read_the_explanations_of_a_sitting_in_the_past(client):
    demo.load()
    attempt = Attempt.objects.get(person__email="learner@demo.example")
    assert attempt.is_passed is False
    client.force_login(attempt.person)
    assert client.get(f"/tests/results/{attempt.pk}/explanations/").status_code == 200
