"""The days of the samples as a drawing and a table, and what the check found in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from exams.room.simulator import REMEDIES, Concern, Day, Event, Moment, Problem, Verdict
from learning.portal.templatetags.portal import duration, thai_numerals

# The drawing's own units: names of samples stand to the left of the lines.
LEFT, WIDTH, LINE, TOP = 280, 700, 46, 40
_TICKS = 6
# Of more, the number is said.
NAMED = 20
_NICE_MINUTES = (5, 10, 15, 20, 30, 60, 120, 180, 240)


@dataclass(frozen=True)
class Mark:
    """A moment on a line: where, what shape, and what it says when it is pointed at."""

    x: float
    kind: str
    title: str


@dataclass(frozen=True)
class Row:
    """A sample: its marks, the time in which it can answer, and the same in words for the table."""

    day: Day
    y: int
    marks: list[Mark]
    start: float
    length: float
    moments: list[tuple[str, str]]
    available: str


@dataclass(frozen=True)
class Timeline:
    """The drawing: rows from top to bottom, and hours along the top."""

    rows: list[Row]
    ticks: list[tuple[float, str]]
    height: int
    width: int = LEFT + WIDTH + 40


def timeline(days: list[Day]) -> Timeline:
    """Lay the samples' days out below one another on one scale."""
    moments = [moment.at for day in days for moment in day.moments]
    first, last = min(moments), max(moments)
    span = max((last - first).total_seconds(), 1)

    def x(at: datetime) -> float:
        return round(LEFT + WIDTH * (at - first).total_seconds() / span, 1)

    rows = []
    for index, day in enumerate(days):
        at = {moment.event: moment.at for moment in day.moments}
        begins = at.get(Event.ARRIVAL, at[Event.START])
        rows.append(
            Row(
                day=day,
                y=TOP + LINE * index + LINE // 2,
                marks=[Mark(x(moment.at), moment.event, _title(moment)) for moment in day.moments],
                start=x(begins),
                length=max(0.0, round(x(at[Event.DEADLINE]) - x(begins), 1)),
                moments=[(_words(moment), time_of_day(moment.at)) for moment in day.moments],
                available=str(duration(day.available)),
            )
        )
    ticks = [(x(at), _hour(at)) for at in _ticks(first, last)]
    return Timeline(rows, ticks, TOP + LINE * len(days) + 10)


def _ticks(first: datetime, last: datetime) -> Iterable[datetime]:
    minutes = (last - first).total_seconds() / 60
    step = timedelta(minutes=next((n for n in _NICE_MINUTES if minutes / n <= _TICKS), 360))
    local = timezone.localtime(first)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    at = midnight + step * -(-(local - midnight) // step)
    while at <= last:
        yield at
        at += step


def _words(moment: Moment) -> str:
    if moment.event == Event.WARNING:
        return _("Told that %(n)s minutes are left") % {"n": thai_numerals(moment.minutes)}
    return str(moment.event.label)


def _title(moment: Moment) -> str:
    return f"{time_of_day(moment.at)} {_words(moment)}"


def _hour(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{local:%H:%M}" if get_language() == "en" else thai_numerals(f"{local:%H.%M}")


def time_of_day(at: datetime) -> str:
    """Write a Bangkok time of day to the second: 09.07.12 น."""
    local = timezone.localtime(at)
    if get_language() == "en":
        return f"{local:%H:%M:%S}"
    return thai_numerals(f"{local:%H.%M.%S} น.")


@dataclass(frozen=True)
class Finding:
    """One kind of problem: what it is, what to do, who has it, and how many more."""

    problem: Problem
    remedy: str
    who: list[str]
    count: int

    @property
    def others(self) -> int:
        """How many are not named."""
        return self.count - len(self.who)


def findings(verdict: Verdict) -> list[Finding]:
    """Say what the check found, in the order in which it weighs."""
    return [
        Finding(
            problem, str(REMEDIES[problem]), [_who(one) for one in found if one.number][:NAMED], len(found)
        )
        for problem in Problem
        if (found := verdict.problems.get(problem))
    ]


def _who(concern: Concern) -> str:
    text = f"{concern.number} ({concern.where})"
    if concern.detail:
        text += f": {concern.detail}"
    if concern.length:
        text += f": {duration(concern.length)}"
    return text
