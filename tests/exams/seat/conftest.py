"""Sittings to write into, and short ways to say what is written."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from exams.papers.models import Form
from exams.seat.chain import Entry
from exams.seat.journal import Journal, Outcome, Request, now_ms
from exams.seat.models import EntryKind, Sitting
from learning.people.models import Person

ITEMS = 4
OPTIONS = 4


def make_form(items: int = ITEMS) -> Form:
    shown = [
        {
            "n": n,
            "stem": f"ข้อใดถูกต้องเกี่ยวกับเรื่องที่ {n}",
            "options": [f"ตัวเลือก {n}.{o}" for o in range(1, OPTIONS + 1)],
        }
        for n in range(1, items + 1)
    ]
    return Form.objects.create(
        sha256="ab" * 32,
        seed="seed",
        title="แบบทดสอบตัวอย่าง",
        layout=[],
        paper={"title": "แบบทดสอบตัวอย่าง", "items": shown},
    )


def make_sitting(person: Person, *, minutes: float = 60, items: int = ITEMS) -> Sitting:
    """A sitting that began an hour before its end, which is `minutes` from now."""
    now = timezone.now()
    return Sitting.objects.create(
        person=person,
        form=make_form(items),
        starts_at=now + timedelta(minutes=minutes - 60),
        deadline=now + timedelta(minutes=minutes),
        return_path="/my/",
    )


def answer(seq: int, item: int = 1, choice: int = 1, *, flag: bool = False, client_ms: int = 1000) -> Entry:
    return Entry(seq, EntryKind.ANSWER, item, choice, flag, client_ms)


def opening() -> Entry:
    return Entry(0, EntryKind.OPEN)


def append(
    sitting: Sitting | int,
    *entries: Entry,
    generation: int = 0,
    journal: Journal | None = None,
    at: int | None = None,
) -> Outcome:
    """Append as one request and return its outcome."""
    pk = sitting if isinstance(sitting, int) else sitting.pk
    [outcome] = (journal or Journal()).append([Request(pk, generation, entries, at or now_ms())])
    return outcome


@pytest.fixture
def sitting(learner: Person) -> Sitting:
    return make_sitting(learner)


@pytest.fixture
def opened(sitting: Sitting) -> Sitting:
    """A sitting opened as generation 1, so that its first answer is entry 2."""
    assert append(sitting, opening()).acknowledged == 1
    return sitting
