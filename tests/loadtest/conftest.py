"""A small day that has been sat, logged and marked without any process: the audit's clean start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from exams.results.services.concluding import conclude_round
from exams.seat.chain import Entry
from exams.seat.journal import Journal, Request, to_ms
from exams.seat.models import EntryKind, Sitting
from loadtest.acked import Acked, Kind, pack
from loadtest.audit import Expectation, Findings, audit
from loadtest.plan import ITEMS, OPTIONS, Plan, plan_day
from loadtest.world import Builder, World

SEATS = 4
GRACE_MS = 5000


def make_plan(seats: int = SEATS, minutes: int = 1, doors_ms: int = 1_700_000_000_000) -> Plan:
    return plan_day(
        seats,
        minutes,
        doors_ms=doors_ms,
        seed=1,
        items=ITEMS,
        options=OPTIONS,
        services=("127.0.0.1:1", "127.0.0.2:2"),
    )


@dataclass
class SatDay:
    """What the audit compares. `log` may be changed before `audit` is called."""

    world: World
    plan: Plan
    log: list[Acked]
    folder: Path
    deadlines: dict[int, int]

    @property
    def sittings(self) -> list[int]:
        return [sitting for room in self.world.rooms for _, sitting, _ in room]

    @property
    def expected(self) -> Expectation:
        return Expectation(self.world.right, self.world.pass_percents, self.deadlines, self.plan.grace_ms)

    def audit(self) -> Findings:
        (self.folder / "acked-test.bin").write_bytes(b"".join(map(pack, self.log)))
        return audit(self.folder, self.expected)


@pytest.fixture
def sat_day(db: None, tmp_path: Path, settings) -> SatDay:
    """Four seats: the first three submit after three answers each, the server submits the fourth."""
    settings.STORAGES = {
        **settings.STORAGES,
        "papers": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "papers")},
        },
    }
    began = timezone.now() + timedelta(hours=1)
    plan = make_plan(doors_ms=to_ms(began))
    settings.SEAT_GRACE = timedelta(milliseconds=plan.grace_ms)
    settings.SEAT_KEY_SPREAD = timedelta(milliseconds=plan.spread_ms)
    builder = Builder(SEATS, 1, lambda _text: None)
    builder.prepare()
    world = builder.open(plan)
    day = SatDay(world, plan, [], tmp_path, {})
    journal, answering = Journal(), plan.starts_ms + 1000
    for sitting in day.sittings:
        day.deadlines[sitting] = plan.deadline_ms + world.approved_ms.get(sitting, 0)
        journal.append([Request(sitting, 0, [Entry(0, EntryKind.OPEN)], plan.doors_ms)])
        for seq, (item, choice, flag) in enumerate([(1, 2, False), (2, 3, True), (1, 4, False)], start=2):
            entry = Entry(seq, EntryKind.ANSWER, item, choice, flag, answering + seq)
            journal.append([Request(sitting, 1, [entry], answering + seq)])
            day.log.append(Acked(sitting, seq, answering + seq, seq, item, choice, flag, Kind.ANSWER, 0))
    for sitting in day.sittings[:3]:
        entry = Entry(5, EntryKind.SUBMIT, client_ms=answering + 9)
        journal.append([Request(sitting, 1, [entry], answering + 9)])
        day.log.append(Acked(sitting, 5, answering + 9, 9, 0, 0, flag=False, kind=Kind.SUBMISSION, process=0))
    over = plan.deadline_ms + plan.grace_ms + 1
    journal.append([Request(day.sittings[3], 0, [Entry(0, EntryKind.DEADLINE)], over)])
    conclude_round(world.round, now=datetime.fromtimestamp(over / 1000, UTC))
    return day


@pytest.fixture
def sitting(sat_day: SatDay) -> Sitting:
    """The first seat."""
    return Sitting.objects.get(pk=sat_day.sittings[0])
