"""Mark closed sittings from their journals."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import structlog
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from exams.bank.models import ItemVersion
from exams.marking.grading import Grade, grade
from exams.marking.models import Result
from exams.papers.models import Form
from exams.seat.chain import ChainBroken, Sheet
from exams.seat.journal import read_sheets
from exams.seat.models import Sitting
from learning.errors import DomainError

log = structlog.get_logger(__name__)

# Sittings whose journals are folded at once: 500 sheets of 50 items are about 50,000 journal entries.
BATCH = 500


class SittingStillOpen(DomainError):
    """Only a closed sitting is marked."""

    code = "sitting_still_open"
    message = _("The sitting is still open. It is marked when it has been submitted or its time is over.")


@dataclass(frozen=True)
class _FormKey:
    """What marking needs of a form, by position, and its topics in the order of the bank."""

    key: list[int]
    topics: list[int]
    topic_order: list[int]


def mark_sitting(sitting: Sitting, *, now: datetime) -> Result:
    """Mark one closed sitting from its journal; the second call returns the first one's result.

    Raises SittingStillOpen, and ChainBroken when the journal was altered.
    """
    existing = Result.objects.filter(sitting=sitting).first()
    if existing is not None:
        return existing
    sheet = read_sheets([sitting.pk])[sitting.pk]
    if sheet.closed is None:
        raise SittingStillOpen
    form_key = _form_keys({sitting.form_id})[sitting.form_id]
    drafted = _draft(sitting.pk, sheet, form_key, now)
    # Two markers may meet here; the unique constraint lets one result stand and both return it.
    Result.objects.bulk_create([drafted], ignore_conflicts=True)
    return Result.objects.get(sitting=sitting)


def mark_many(sittings: Iterable[int], *, now: datetime) -> int:
    """Mark the closed sittings among the given keys that have no result yet; return how many were closed.

    A constant number of statements per BATCH sittings, whatever is in them. Open sittings are left alone,
    and so are those whose journal was altered: an officer has to look at them.
    """
    pending = list(dict.fromkeys(sittings))
    marked = 0
    for start in range(0, len(pending), BATCH):
        marked += _mark_batch(pending[start : start + BATCH], now)
    return marked


@transaction.atomic
def _mark_batch(keys: Sequence[int], now: datetime) -> int:
    forms = dict(Sitting.objects.filter(pk__in=keys, result__isnull=True).values_list("pk", "form_id"))
    if not forms:
        return 0
    closed = {pk: sheet for pk, sheet in _sheets(list(forms)).items() if sheet.closed is not None}
    form_keys = _form_keys({forms[pk] for pk in closed})
    Result.objects.bulk_create(
        [_draft(pk, sheet, form_keys[forms[pk]], now) for pk, sheet in closed.items()],
        ignore_conflicts=True,
    )
    return len(closed)


def _sheets(keys: Sequence[int]) -> dict[int, Sheet]:
    """Read many journals at once; where one was altered, log it and read the others one by one."""
    try:
        return read_sheets(keys)
    except ChainBroken:
        sheets: dict[int, Sheet] = {}
        for key in keys:
            try:
                sheets |= read_sheets([key])
            except ChainBroken as error:
                log.exception("marking.journal_altered", sitting=key, seq=error.seq)
        return sheets


def _draft(sitting: int, sheet: Sheet, form_key: _FormKey, now: datetime) -> Result:
    result: Grade = grade(sheet.choices, form_key.key, form_key.topics, form_key.topic_order)
    return Result(
        sitting_id=sitting,
        score=result.score,
        max_score=result.max_score,
        answered=result.answered,
        topics=[asdict(topic) for topic in result.topics],
        chain_head=sheet.head.hex(),
        marked_at=now,
    )


def _form_keys(forms: Iterable[int]) -> dict[int, _FormKey]:
    """Return the keys of many forms in two queries."""
    layouts = dict(Form.objects.filter(pk__in=list(forms)).values_list("pk", "layout"))
    versions = {
        pk: (key, topic, (order, topic))
        for pk, key, topic, order in ItemVersion.objects.filter(
            pk__in={position["version"] for layout in layouts.values() for position in layout}
        ).values_list("pk", "key", "topic_id", "topic__order")
    }
    form_keys = {}
    for pk, layout in layouts.items():
        rows = [versions[position["version"]] for position in layout]
        form_keys[pk] = _FormKey(
            key=[place["order"].index(row[0]) + 1 for place, row in zip(layout, rows, strict=True)],
            topics=[row[1] for row in rows],
            topic_order=[topic for _order, topic in sorted({row[2] for row in rows})],
        )
    return form_keys
