"""Two windows of one course that report at the same moment: nothing of either is lost."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from courses.player.models import ItemProgress, Launch, UnitProgress, UnitStatus
from courses.player.services import commits
from courses.player.services.commits import Commit
from courses.player.services.launches import begin, launch
from courses.player.services.registrations import lock
from tests.courses.catalogue.test_concurrency import wait_until_somebody_waits_for_a_lock
from tests.courses.player.packages import in_package, kept, scorm
from tests.courses.player.test_walking import SHARED

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
WINDOWS = 6


def _write(opened: Launch, number: int, state: dict[str, Any]) -> None:
    commits.write(opened, Commit(secret="x" * 43, sequence=number, after=number - 1, state=state))


def _state(**more: Any) -> dict[str, Any]:
    return {"cmi": {"completion_status": "completed", "success_status": "passed"}, **more}


class _Window(threading.Thread):
    """A lesson that reports several times, with a connection of its own."""

    def __init__(self, opened: Launch, *, times: int) -> None:
        super().__init__()
        self.opened, self.times = opened, times

    def run(self) -> None:
        try:
            for number in range(1, self.times + 1):
                _write(self.opened, number, _state(shared_data={self.opened.item: str(number)}))
        finally:
            connection.close()


@pytest.fixture
def opened(media, learner, department) -> list[Launch]:
    names = [f"L{place}" for place in range(WINDOWS)]
    stores: dict[str, Any] = {name: SHARED.replace("notes", name) for name in names}
    package = scorm(*names, version="2004 4th Edition", **stores)
    registration, unit, session = in_package(learner, kept(package, department))
    found = [launch(registration, unit, name, session)[0] for name in names]
    for each in found:
        begin(each)
    return found


def test_without_the_lock_one_window_undoes_what_another_one_wrote(opened):
    """The proof that there is a race: both read the stores of the package before either has written."""
    whole = {"registration": opened[0].registration, "unit": opened[0].unit, "item": ""}
    row = ItemProgress.objects.create(**whole, updated_at=timezone.now())
    _write(opened[0], 1, _state(shared_data={"L0": "1"}))
    row.state = row.state | {"shared_data": {"L1": "1"}}
    row.save(update_fields=["state"])
    assert ItemProgress.objects.get(**whole).state["shared_data"] == {"L1": "1"}


def test_a_report_waits_for_another_one_of_the_course(opened):
    with transaction.atomic():
        lock(opened[0].registration)
        other = _Window(opened[0], times=1)
        other.start()
        wait_until_somebody_waits_for_a_lock()
        assert not ItemProgress.objects.filter(is_completed=True).exists()
    other.join(30)
    assert ItemProgress.objects.filter(is_completed=True).count() == 1


def test_many_windows_lose_nothing(opened):
    windows = [_Window(each, times=5) for each in opened]
    for each in windows:
        each.start()
    for each in windows:
        each.join(60)
    rows = ItemProgress.objects.filter(unit=opened[0].unit).exclude(item="")
    assert [(row.is_completed, row.is_passed, row.sequence) for row in rows] == [(True, True, 5)] * WINDOWS
    shared = ItemProgress.objects.get(unit=opened[0].unit, item="").state["shared_data"]
    assert shared == {each.item: "5" for each in opened}
    assert UnitProgress.objects.get().status == UnitStatus.COMPLETED
