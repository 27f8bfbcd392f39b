"""The lost-time ledger in words: for its page, and for its file."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from exams.room.ledger import Account, Cause, Loss, Span
from exams.room.services.lost_time import Line
from exams.room.timeline import time_of_day as clock_time
from learning.portal.templatetags.portal import duration, thai_date, thai_numerals
from learning.spreadsheets import Cell


def explain(account: Account) -> list[str]:
    """Return a sentence for every loss and pause, in the order of time, and for what else was counted."""
    told = [(loss.span.from_ms, _loss(loss)) for loss in account.losses]
    told += [(pause.from_ms, _pause(pause)) for pause in account.pauses]
    sentences = [sentence for _at, sentence in sorted(told)]
    if account.kept:
        text = _(
            "%(n)s answers were made while the machine could not be heard and arrived later. "
            "That time was not lost."
        )
        sentences.append(text % {"n": thai_numerals(account.kept)})
    if account.given_ms:
        text = _("Extra time given already: %(length)s.")
        sentences.append(text % {"length": length(account.given_ms)})
    return sentences


def _loss(loss: Loss) -> str:
    values = _values(loss.span)
    if loss.cause == Cause.LATE:
        if loss.is_ongoing:
            text = _("Admitted before the start, but no paper since %(began)s: %(length)s so far.")
        else:
            text = _("Admitted before the start, but no paper from %(began)s to %(ended)s: %(length)s.")
    elif loss.cause == Cause.MACHINE:
        text = _("Change of machine: no paper from %(began)s to %(ended)s: %(length)s.")
    elif loss.is_ongoing:
        text = _(
            "Nothing heard of the machine since %(began)s: %(length)s so far. It counts once it is certain "
            "that no answers were kept on the machine."
        )
    else:
        text = _("Nothing heard, and nothing answered, from %(began)s to %(ended)s: %(length)s.")
    return text % values


def _pause(span: Span) -> str:
    text = _("The clock stood from %(began)s to %(ended)s: %(length)s, given back when it ran again.")
    return text % _values(span)


def _values(span: Span) -> dict[str, str]:
    return {
        "began": time_of_day(span.from_ms),
        "ended": time_of_day(span.to_ms),
        "length": length(span.length),
    }


def length(ms: int) -> str:
    """Say a length in whole seconds: 6 นาที 12 วินาที."""
    return duration(timedelta(seconds=round(ms / 1000))) or _("0 seconds")


def time_of_day(ms: int) -> str:
    """Write a Bangkok time of day to the second: 09.07.12 น."""
    return clock_time(_local(ms))


def table(lines: Iterable[Line]) -> tuple[list[str], Iterator[Sequence[Cell]]]:
    """Return headings and rows of the file: one row a loss or pause.

    What was given and what is owed stand in a candidate's first row only, so that columns can be summed.
    """
    headings = [
        _("Candidate number"),
        _("Name"),
        _("Centre"),
        _("Room"),
        _("Seat"),
        _("What happened"),
        _("Date"),
        _("From"),
        _("To"),
        _("Lost (seconds)"),
        _("Goes on"),
        _("Paused and given back (seconds)"),
        _("Extra time given (seconds)"),
        _("Still owed (seconds)"),
        _("In words"),
    ]
    return headings, (row for line in lines for row in _rows(line))


def _rows(line: Line) -> Iterator[Sequence[Cell]]:
    account = line.account
    who = (line.number, line.name, line.centre, line.room, line.seat)
    told = [(loss.span, str(loss.cause.label), loss.is_ongoing, _loss(loss)) for loss in account.losses]
    told += [(pause, _("Paused"), False, _pause(pause)) for pause in account.pauses]
    totals: tuple[Cell, Cell] = (round(account.given_ms / 1000), -(-account.owed_ms // 1000))
    if not told:
        yield (*who, _("Extra time"), "", "", "", 0, "", 0, *totals, " ".join(explain(account)))
    for span, what, is_ongoing, words in sorted(told):
        seconds = round(span.length / 1000)
        is_pause = what == _("Paused")
        yield (
            *who,
            what,
            thai_date(_local(span.from_ms), "short"),
            f"{_local(span.from_ms):%H:%M:%S}",
            f"{_local(span.to_ms):%H:%M:%S}",
            0 if is_pause else seconds,
            _("yes") if is_ongoing else "",
            seconds if is_pause else 0,
            *totals,
            words,
        )
        totals = ("", "")


def _local(ms: int) -> datetime:
    return timezone.localtime(datetime.fromtimestamp(ms / 1000, UTC))
