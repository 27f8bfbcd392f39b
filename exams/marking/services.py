"""Mark closed sittings from their journals."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from exams.bank.models import ItemVersion
from exams.marking.grading import FormKey, form_key, grade
from exams.marking.models import Result
from exams.papers.models import Form
from exams.seat.chain import ChainBroken, Sheet
from exams.seat.journal import read_sheets, stream_sheets
from exams.seat.merkle import leaf_hash
from exams.seat.models import Sitting
from exams.seat.services import unsigned_receipt
from learning.bulk import insert_new, json_value
from learning.errors import DomainError

log = structlog.get_logger(__name__)

# Sittings marked in one transaction. Journals are streamed, so this bounds only the results in memory. The
# entries of a sitting lie as far apart as its candidate took time, so the fewer the batches, the fewer times
# the database reads the same pages.
BATCH = 10_000
_COLUMNS = (
    "sitting_id",
    "score",
    "max_score",
    "answered",
    "topics",
    "sections",
    "was_opened",
    "chain_head",
    "receipt_leaf",
    "marked_at",
)


@dataclass(frozen=True)
class _Form:
    """What marking needs of a form: the hash its chains start from, and its key."""

    sha256: str
    key: FormKey


class SittingStillOpen(DomainError):
    """Only a closed sitting is marked."""

    code = "sitting_still_open"
    message = _("The sitting is still open. It is marked when it has been submitted or its time is over.")


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
    form = _Form(sitting.form.sha256, _form_keys({sitting.form_id})[sitting.form_id])
    # Two markers may meet here; the unique constraint lets one result stand and both return it.
    insert_new(Result, _COLUMNS, [_row(sitting.pk, form, sheet, now)])
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
    pending = Sitting.objects.filter(pk__in=keys, result__isnull=True)
    form_of = dict(pending.values_list("pk", "form_id"))
    if not form_of:
        return 0
    forms = _forms(set(form_of.values()))
    rows = []
    for sitting, sheet in stream_sheets({pk: forms[form].sha256 for pk, form in form_of.items()}):
        if isinstance(sheet, ChainBroken):
            log.error("marking.journal_altered", sitting=sitting, seq=sheet.seq)
        elif sheet.closed is not None:
            rows.append(_row(sitting, forms[form_of[sitting]], sheet, now))
    insert_new(Result, _COLUMNS, rows)
    return len(rows)


def _row(sitting: int, form: _Form, sheet: Sheet, now: datetime) -> tuple[Any, ...]:
    marked = grade(sheet.choices, form.key)
    return (
        sitting,
        marked.score,
        marked.max_score,
        marked.answered,
        json_value([topic._asdict() for topic in marked.topics]),
        json_value([section._asdict() for section in marked.sections]),
        sheet.generation > 0,
        sheet.head.hex(),
        leaf_hash(unsigned_receipt(sitting, form.sha256, sheet).message()),
        now,
    )


def _forms(forms: Collection[int]) -> dict[int, _Form]:
    keys = _form_keys(forms)
    names = Form.objects.filter(pk__in=forms).values_list("pk", "sha256")
    return {pk: _Form(sha256, keys[pk]) for pk, sha256 in names}


def _form_keys(forms: Collection[int]) -> dict[int, FormKey]:
    """Return the keys of many forms in two queries."""
    layouts = {
        pk: (layout, [section["count"] for section in sections or ()])
        for pk, layout, sections in Form.objects.filter(pk__in=forms).values_list(
            "pk", "layout", "paper__sections"
        )
    }
    versions = {
        pk: (key, topic, order)
        for pk, key, topic, order in ItemVersion.objects.filter(
            pk__in={position["version"] for layout, _ in layouts.values() for position in layout}
        ).values_list("pk", "key", "topic_id", "topic__order")
    }
    form_keys = {}
    for pk, (layout, sections) in layouts.items():
        rows = [versions[position["version"]] for position in layout]
        form_keys[pk] = form_key(
            key=[place["order"].index(row[0]) + 1 for place, row in zip(layout, rows, strict=True)],
            topics=[topic for _key, topic, _order in rows],
            topic_order=[topic for _order, topic in sorted({(order, topic) for _key, topic, order in rows})],
            sections=sections,
        )
    return form_keys
