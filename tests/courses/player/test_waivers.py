"""Waivers: an officer excuses from a lesson of cmi5; what that satisfies is said, and counted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from courses.player import cmi5
from courses.player.errors import NothingToWaive
from courses.player.models import ItemProgress, UnitProgress, UnitStatus, WaiverReason
from courses.player.services.waivers import has_waivable, waivable, waive
from learning.people.models import AuditEntry
from learning.records.models import Statement
from tests.courses.packages.factories import package as good_package
from tests.courses.player.cmi5 import Content
from tests.courses.player.factories import NOON
from tests.courses.player.packages import in_package, kept, scorm
from tests.courses.player.test_cmi5 import AU, opened

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(media, learner, department):
    return in_package(learner, kept(good_package("cmi5"), department))


def excused(place, officer, because: str = "หนังสือที่ ศธ 1/2569") -> None:
    [wanted] = waivable(place[0])
    waive(wanted, WaiverReason.TESTED_OUT, because, actor=officer, now=NOON)


def said() -> list[dict[str, Any]]:
    received = Statement.objects.order_by("position").values_list("received", flat=True)
    return [json.loads(text) for text in received]


def test_a_waiver_is_said_with_what_it_satisfies_and_counts(place, agency_officer):
    assert has_waivable(place[0].version.course)
    excused(place, agency_officer)
    waived, *satisfied = said()
    assert waived["verb"]["id"].endswith("waived")
    assert waived["result"] == {
        "success": True,
        "completion": True,
        "extensions": {cmi5.REASON: "Tested Out"},
    }
    assert waived["context"]["registration"] == str(place[0].pk)
    categories = [each["id"] for each in waived["context"]["contextActivities"]["category"]]
    assert categories == [cmi5.CMI5, cmi5.MOVE_ON]
    assert [each["verb"]["id"].rpartition("/")[2] for each in satisfied] == ["satisfied", "satisfied"]
    assert len({each["context"]["extensions"][cmi5.SESSION] for each in said()}) == 1
    assert UnitProgress.objects.get().status == UnitStatus.COMPLETED
    entry = AuditEntry.objects.get(action="player.unit_waived")
    assert (entry.actor, entry.data["because"]) == (agency_officer, "หนังสือที่ ศธ 1/2569")


def test_what_is_satisfied_is_not_waived(place, agency_officer):
    [wanted] = waivable(place[0])
    waive(wanted, WaiverReason.ADMINISTRATIVE, "ก", actor=agency_officer, now=NOON)
    with pytest.raises(NothingToWaive):
        waive(wanted, WaiverReason.ADMINISTRATIVE, "ก", actor=agency_officer, now=NOON)
    assert waivable(place[0]) == []
    assert sum(each["verb"]["id"].endswith("waived") for each in said()) == 1


def test_a_waiver_outweighs_a_failure_before_and_after(place, agency_officer):
    for is_waived in (False, True):
        content = Content(opened(place))
        content.send(content.statement("initialized"), content.failed(), content.terminated())
        progress = ItemProgress.objects.get(item=AU)
        assert (progress.is_completed, progress.is_passed) == (is_waived, None if is_waived else False)
        if not is_waived:
            excused(place, agency_officer)
    assert UnitProgress.objects.get().status == UnitStatus.COMPLETED


def test_packages_of_other_kinds_have_nothing_to_waive(media, learner, department):
    registration, _unit, _session = in_package(learner, kept(scorm(), department))
    assert waivable(registration) == []
    assert not has_waivable(registration.version.course)
