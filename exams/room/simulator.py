"""The times of a round before it comes, and whether anybody in it would be submitted early.

Pure: no database, no clock. When things happen is asked of what makes them happen (`exams.seat.timing`,
`exams.seat.clock`), so what is shown here cannot differ from what the day does.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import models
from django.utils.translation import gettext_lazy as _

from exams.papers.neighbours import Place, are_neighbours, clashes
from exams.registration.services.rounds import extra_time
from exams.seat import timing
from exams.seat.clock import Change, Clock

# What happens to the samples.
LATE_BY = timedelta(minutes=10)
PAUSED_FOR = timedelta(minutes=10)
DELAYED_BY = timedelta(minutes=15)
EXTRA_PERCENT = 25


@dataclass(frozen=True)
class Times:
    """What a round and the settings of the platform say of time."""

    doors_open_at: datetime
    starts_at: datetime
    minutes: int
    # Over how long the keys are handed out; how long after the deadline the server still takes what was
    # under way; how often the finaliser looks.
    spread: timedelta
    grace: timedelta
    finaliser_every: timedelta

    def allowed(self, extra_percent: int) -> timedelta:
        """Return the time that is promised for the paper."""
        return timedelta(minutes=self.minutes) + extra_time(self.minutes, extra_percent)


class Sample(models.TextChoices):
    """Whose day is played through."""

    ORDINARY = "ordinary", _("Ordinary candidate")
    LATE = "late", _("Arrives 10 minutes after the start")
    EXTRA = "extra", _("Approved extra time of 25%")
    PAUSED = "paused", _("Paused for 10 minutes halfway")
    MOVED = "moved", _("Moved to another machine halfway")
    DELAYED = "delayed", _("Start delayed by 15 minutes")


class Event(models.TextChoices):
    """What happens in a sample's day."""

    DOORS = "doors", _("Doors open")
    START = "start", _("Start: papers can be opened")
    KEY_LAST = "key_last", _("Last paper key handed out")
    ARRIVAL = "arrival", _("Arrives and opens the paper")
    PAUSE = "pause", _("Clock stopped")
    RESUME = "resume", _("Clock runs again")
    MOVE = "move", _("Goes on at another machine")
    WARNING = "warning", _("Told how many minutes are left")
    DEADLINE = "deadline", _("End of time: the page submits")
    GRACE = "grace", _("Last moment at which answers under way are taken")
    FINALISED = "finalised", _("The system has submitted whoever did not, at the latest")


class Moment(NamedTuple):
    """Something that happens; `minutes` belong to a warning."""

    at: datetime
    event: Event
    minutes: int = 0


@dataclass(frozen=True)
class Day:
    """A sample's day in the order of time; `available` is what there is for the paper, pauses left out."""

    sample: Sample
    moments: tuple[Moment, ...]
    promised: timedelta
    available: timedelta


def play(times: Times, sample: Sample) -> Day:
    """Return the day of a sample."""
    promised = times.allowed(EXTRA_PERCENT if sample == Sample.EXTRA else 0)
    deadline = timing.first_deadline(times.starts_at, promised, times.spread)
    clock = Clock(0, times.starts_at, deadline, None)
    happened, stages = _stages(times, sample, clock)
    clock = stages[-1][1]
    arrives = clock.starts_at + LATE_BY if sample == Sample.LATE else None
    key_last = clock.starts_at + times.spread
    closes = clock.deadline + times.grace
    moments = [
        Moment(times.doors_open_at, Event.DOORS),
        Moment(clock.starts_at, Event.START),
        Moment(key_last, Event.KEY_LAST),
        *happened,
        *([Moment(arrives, Event.ARRIVAL)] if arrives else []),
        *_warnings(stages, arrives or key_last),
        Moment(clock.deadline, Event.DEADLINE),
        Moment(closes, Event.GRACE),
        Moment(closes + times.finaliser_every, Event.FINALISED),
    ]
    stood = PAUSED_FOR if sample == Sample.PAUSED else timedelta(0)
    available = clock.deadline - max(key_last, arrives or key_last) - stood
    return Day(sample, tuple(sorted(moments, key=lambda moment: moment.at)), promised, available)


def _stages(times: Times, sample: Sample, clock: Clock) -> tuple[list[Moment], list[tuple[datetime, Clock]]]:
    """Return what happens to the sample's clock, and from when on it is which."""
    halfway = clock.starts_at + timedelta(minutes=times.minutes) / 2
    stages = [(times.doors_open_at, clock)]
    if sample == Sample.PAUSED:
        again = halfway + PAUSED_FOR
        stopped = clock.after(clock.stopped(halfway))
        stages += [(halfway, stopped), (again, stopped.after(stopped.resumed(again)))]
        return [Moment(halfway, Event.PAUSE), Moment(again, Event.RESUME)], stages
    if sample == Sample.MOVED:
        stages.append((halfway, clock.after(Change())))
        return [Moment(halfway, Event.MOVE)], stages
    if sample == Sample.DELAYED:
        before = min(times.doors_open_at, clock.starts_at - timedelta(seconds=1))
        stages.append((before, clock.after(clock.moved_to(clock.starts_at + DELAYED_BY, before))))
    return [], stages


def _warnings(stages: list[tuple[datetime, Clock]], opened: datetime) -> Iterator[Moment]:
    """Yield when the page says how many minutes are left: by the clock as it is at that moment."""
    until = [since for since, _clock in stages[1:]] + [None]
    for minutes in timing.WARNINGS:
        for (since, clock), ended in zip(stages, until, strict=True):
            at = clock.deadline - timedelta(minutes=minutes)
            is_shown = clock.paused_at is None and max(since, opened) <= at and (ended is None or at < ended)
            if is_shown:
                yield Moment(at, Event.WARNING, minutes)
                break


# -- the check of every sitting -------------------------------------------------------------------------


class Problem(models.TextChoices):
    """Why a round is not released; the first are said of the whole round."""

    DOORS = "doors", _("The doors open at the start or after it")
    EARLY = "early", _("Would be submitted before their time is over")
    BACKWARDS = "backwards", _("Time ends before it begins")
    OTHER_START = "other_start", _("Starts at another time than the round")
    UNEQUAL = "unequal", _("Has more time than others with the same approval")
    UNSEALED = "unsealed", _("Has no sealed paper of this round")
    SUBMITTED = "submitted", _("Has been submitted already")
    NEIGHBOURS = "neighbours", _("Has the same paper as a neighbour")
    OVERLAP = "overlap", _("Sits in another released round at the same time")


REMEDIES = {
    Problem.DOORS: _("Set the opening of the doors to a time before the start."),
    Problem.EARLY: _(
        "Give these candidates the time that is missing as extra time, or set the times of the round anew."
    ),
    Problem.BACKWARDS: _("Set the times of the round anew; that sets these clocks too."),
    Problem.OTHER_START: _("Move the start of the whole round, so that all begin together."),
    Problem.UNEQUAL: _(
        "If the time is approved, put its percentage into the candidate's entry; if it is not, set the "
        "times of the round anew."
    ),
    Problem.UNSEALED: _("Make the papers of the round, and give these seats one of them."),
    Problem.SUBMITTED: _("Take these candidates out of the round and enter them again."),
    Problem.NEIGHBOURS: _(
        "Move one of the two to another seat. Where there are fewer than 4 parallel papers, make more."
    ),
    Problem.OVERLAP: _("Take these candidates out of one of the two rounds."),
}


class Placed(NamedTuple):
    """A placed sitting. `given` is extra time on record; `form` is 0 unless sealed for the round."""

    pk: int
    number: str
    room: int
    where: str
    place: Place
    extra_percent: int
    starts_at: datetime
    deadline: datetime
    is_closed: bool
    form: int
    given: timedelta = timedelta(0)


class Concern(NamedTuple):
    """Who has a problem: "6900012 (ศูนย์ 1001 ห้อง 101 A3)", and by how much, where that can be said."""

    number: str
    where: str
    detail: str = ""
    length: timedelta = timedelta(0)


@dataclass
class Verdict:
    """What was found. `least` is the shortest time that any candidate has with the paper."""

    problems: dict[Problem, list[Concern]] = field(default_factory=lambda: defaultdict(list))
    least: timedelta | None = None
    sittings: int = 0

    @property
    def is_safe(self) -> bool:
        """Whether nobody would be wronged."""
        return not any(self.problems.values())


def check(
    times: Times, placed: Iterable[Placed], *, forms: int, overlaps: Mapping[int, str] | None = None
) -> Verdict:
    """Hold every sitting of a round against what is promised.

    `forms` is how many parallel papers the round has; `overlaps` names, by sitting, another released round
    of the same person at the same time.
    """
    verdict = Verdict()
    if times.doors_open_at >= times.starts_at:
        verdict.problems[Problem.DOORS].append(Concern("", ""))
    rooms: dict[int, dict[Place, Placed]] = defaultdict(dict)
    for one in placed:
        verdict.sittings += 1
        available = one.deadline - (one.starts_at + times.spread)
        verdict.least = available if verdict.least is None else min(verdict.least, available)
        for problem, length in _clock_problems(times, one):
            verdict.problems[problem].append(Concern(one.number, one.where, length=length))
        if not one.form:
            verdict.problems[Problem.UNSEALED].append(Concern(one.number, one.where))
        if other := (overlaps or {}).get(one.pk):
            verdict.problems[Problem.OVERLAP].append(Concern(one.number, one.where, other))
        rooms[one.room][one.place] = one
    for seats in rooms.values():
        verdict.problems[Problem.NEIGHBOURS] += _neighbours(seats, forms)
    return verdict


def _clock_problems(times: Times, one: Placed) -> Iterator[tuple[Problem, timedelta]]:
    promised = timing.first_deadline(one.starts_at, times.allowed(one.extra_percent), times.spread)
    # The page submits at the deadline, the finaliser after the grace; the earlier of them counts.
    ends = min(one.deadline, one.deadline + times.grace)
    if one.is_closed:
        yield Problem.SUBMITTED, timedelta(0)
    if one.deadline <= one.starts_at:
        yield Problem.BACKWARDS, timedelta(0)
    elif ends < promised:
        yield Problem.EARLY, promised - ends
    elif one.deadline > promised + one.given:
        yield Problem.UNEQUAL, one.deadline - promised - one.given
    if one.starts_at != times.starts_at:
        yield Problem.OTHER_START, abs(one.starts_at - times.starts_at)


def _neighbours(seats: Mapping[Place, Placed], forms: int) -> Iterator[Concern]:
    dealt = {place: one.form for place, one in seats.items() if one.form}
    for here, there in clashes(dealt):
        if are_neighbours(here, there, forms):
            yield Concern(
                seats[here].number, seats[here].where, f"{seats[there].number} ({seats[there].where})"
            )
