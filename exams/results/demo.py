"""Demonstration data: a round of last month, sat, marked, announced, certified. Never in production."""

import random
from collections.abc import Iterator
from datetime import datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from exams.papers.services import answer_key
from exams.registration.demo import CENTRE, CODE
from exams.registration.models import Candidate, Centre, Examination, Level, Round
from exams.registration.portraits import portrait
from exams.registration.services import papers, photographs, placing, rounds, venues
from exams.registration.services.candidates import Entry as Entrant
from exams.registration.services.candidates import add_candidates
from exams.registration.services.rounds import Plan
from exams.results.models import RoundResults
from exams.results.services.concluding import conclude_round
from exams.results.services.releasing import certify_released, release
from exams.seat.chain import Entry
from exams.seat.journal import Journal, Request, to_ms
from exams.seat.models import EntryKind
from learning.people import demo as people_demo
from learning.people.fields import in_bangkok
from learning.people.generate import generate_people
from learning.people.models import Person

AGO = timedelta(days=28)
OTHERS = 19
# Of a hundred items, how many a candidate knows; about one in four passes.
_ABILITY = (0.35, 0.95)


def load() -> None:
    """Load the round if it is not there and the examination is."""
    if RoundResults.objects.exists() or not Examination.objects.filter(code=CODE).exists():
        return
    cast = people_demo.load()
    starts_at = in_bangkok(timezone.localdate() - AGO, time(9, 0))
    with transaction.atomic():
        round_ = _round(cast, starts_at)
    _sit(round_, cast["candidate"])
    ended = round_.ends_at + timedelta(hours=1)
    conclude_round(round_, now=ended)
    announced = starts_at + timedelta(days=14)
    release(round_, announced, actor=cast["exam_officer"], now=announced - timedelta(days=1))
    certify_released(now=announced)


def _round(cast: dict[str, Person], starts_at: datetime) -> Round:
    officer, rooms = cast["exam_officer"], list(Centre.objects.get(code=CENTRE).rooms.all())
    plan = Plan("รอบสาธิตที่ประกาศผลแล้ว", doors_open_at=starts_at - timedelta(hours=1), starts_at=starts_at)
    round_ = rounds.create_round(CODE, plan, actor=officer)
    venues.use_rooms(round_, rooms, actor=officer)
    others = generate_people(OTHERS, seed=1_000_000 + round_.pk)
    levels = random.Random(round_.pk).choices(Level.values, (2, 3, 12, 4), k=OTHERS)  # noqa: S311  synthetic
    entries = [Entrant(cast["candidate"].pk, Level.BACHELOR)]
    entries += [Entrant(person.pk, level) for person, level in zip(others, levels, strict=True)]
    for candidate in add_candidates(round_, entries, actor=officer):
        photographs.set_photograph(candidate, portrait(candidate.person_id), actor=officer)
    papers.make_papers(round_, count=4, actor=officer)
    placing.place_candidates(round_, actor=officer)
    for room in rooms:
        rounds.assign(round_, room, cast["invigilator"], actor=officer)
    return rounds.release_round(round_, actor=officer, now=plan.doors_open_at)


def _sit(round_: Round, hero: Person) -> None:
    """Let everybody answer but the last, who was absent; the demonstration's candidate passes."""
    draw = random.Random(round_.pk)  # noqa: S311  synthetic
    candidates = list(round_.candidates.select_related("placement__sitting__form").order_by("number"))
    starts, ends = to_ms(round_.starts_at), to_ms(round_.ends_at)
    for candidate in candidates[:-1]:
        ability = 0.92 if candidate.person_id == hero.pk else draw.uniform(*_ABILITY)
        entries = list(_entries(candidate, ability, draw, starts))
        _append(candidate, entries, draw.randint(starts + 7_000_000, ends - 600_000))
    _append(candidates[-1], [Entry(0, EntryKind.DEADLINE)], ends + 600_000)


def _entries(candidate: Candidate, ability: float, draw: random.Random, starts: int) -> Iterator[Entry]:
    yield Entry(0, EntryKind.OPEN)
    for item, right in enumerate(answer_key(candidate.placement.sitting.form), start=1):
        choice = right if draw.random() < ability else right % 4 + 1
        yield Entry(0, EntryKind.ANSWER, item, choice, client_ms=starts + item * 60_000)
    yield Entry(0, EntryKind.SUBMIT)


def _append(candidate: Candidate, entries: list[Entry], at: int) -> None:
    [outcome] = Journal().append([Request(candidate.placement.sitting.pk, 0, entries, at)])
    if outcome.error is not None:
        raise outcome.error
