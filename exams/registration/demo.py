"""Demonstration data: Part A of the civil-service examination, to be sat today by one person in one browser.

All persons are synthetic, and their portraits are drawn. Never loaded in production.
"""

import random
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from exams.bank.loading import load_bank_data
from exams.bank.models import ItemBank
from exams.registration.models import Centre, Level, Room, Round, RoundStatus
from exams.registration.portraits import portrait
from exams.registration.services import examinations, papers, photographs, placing, rounds, venues
from exams.registration.services.candidates import Entry, add_candidates
from exams.registration.services.rounds import Plan
from learning import thai
from learning.people import demo as people_demo
from learning.people.generate import generate_people
from learning.people.models import Person, Province

EXAMINATION = "ka-2569"
CODE = "ka"
CENTRE = "9001"
FORMS = 4
OTHERS = 19
# From `make demo` to the start: time to sign in, look around and be checked in.
LEAD = timedelta(minutes=15)


def load() -> None:
    """Load whatever of the demonstration is not there yet, and have a round that starts soon."""
    cast = people_demo.load()
    now = timezone.now()
    with transaction.atomic():
        _examination(cast)
        rooms = _rooms(cast)
    current = _current(now)
    if current is None:
        with transaction.atomic():
            _round(rooms, cast, now)
    elif current.starts_at < now + timedelta(minutes=5) and not rounds.is_begun(current):
        reason = "เลื่อนเวลาเริ่มของรอบสาธิต"
        rounds.move_round(current, _soon(now), actor=None, reason=reason, now=now)


def _examination(cast: dict[str, Person]) -> None:
    for subject in examinations.read_examination(EXAMINATION).subjects:
        if not ItemBank.objects.filter(code=subject.bank).exists():
            load_bank_data(subject.bank, author=cast["exam_officer"], reviewer=cast["reviewer"])
    examinations.load_examination(EXAMINATION, actor=cast["exam_officer"])


def _rooms(cast: dict[str, Person]) -> list[Room]:
    centre = Centre.objects.filter(code=CENTRE).first()
    if centre is None:
        officer = cast["exam_officer"]
        bangkok = Province.objects.get(code="10")
        name = "ศูนย์สอบสาธิต กรุงเทพมหานคร"
        centre = venues.create_centre(
            CENTRE, name, province=bangkok, actor=officer, name_en="Demonstration centre, Bangkok"
        )
        venues.create_rooms(centre, ["ห้อง 101", "ห้อง 102"], rows=3, columns=4, actor=officer)
    return list(centre.rooms.all())


def _current(now: datetime) -> Round | None:
    """Return the demonstration's round whose time is not over."""
    latest = (
        Round.objects.filter(rooms__centre__code=CENTRE, status=RoundStatus.RELEASED)
        .order_by("-starts_at", "-pk")
        .first()
    )
    return latest if latest is not None and latest.ends_at > now else None


def _soon(now: datetime) -> datetime:
    """Return the first whole minute after the lead."""
    return (now + LEAD).replace(second=0, microsecond=0) + timedelta(minutes=1)


def _round(rooms: list[Room], cast: dict[str, Person], now: datetime) -> None:
    officer = cast["exam_officer"]
    starts_at = _soon(now)
    title = f"รอบสาธิต {thai.date_text(timezone.localdate(starts_at), short=True)}"
    plan = Plan(title, doors_open_at=now - timedelta(minutes=30), starts_at=starts_at)
    round_ = rounds.create_round(CODE, plan, actor=officer)
    venues.use_rooms(round_, rooms, actor=officer)
    others = generate_people(OTHERS, seed=round_.pk)
    levels = random.Random(round_.pk).choices(Level.values, (2, 3, 12, 4), k=OTHERS)  # noqa: S311  synthetic
    entries = [Entry(cast["candidate"].pk, Level.BACHELOR)]
    entries += [Entry(person.pk, level) for person, level in zip(others, levels, strict=True)]
    # One with approved extra time, to see what that does to a clock.
    entries[1] = Entry(others[0].pk, levels[0], extra_percent=25, accommodation="เพิ่มเวลาตามคำขอที่อนุมัติ")
    made = add_candidates(round_, entries, actor=officer)
    for candidate in made:
        photographs.set_photograph(candidate, portrait(candidate.person_id), actor=officer)
    papers.make_papers(round_, count=FORMS, actor=officer)
    placing.place_candidates(round_, actor=officer)
    for room in rooms:
        rounds.assign(round_, room, cast["invigilator"], actor=officer)
    rounds.release_round(round_, actor=officer, now=now)
