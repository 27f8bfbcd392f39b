"""Statements that point at others: kept with everything that they lead to, and voided by those that void.

A statement points at one other at most, so what it leads to is a path. It is kept whole (Communication 2.1.3
asks to follow it), nearest first, up to `LONGEST`: of ten thousand statements in a row each would have
thousands of rows, and everybody else's statements wait while those are written.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from django.db import connection
from django.db.models import OuterRef, Subquery

from learning.people.rosters import chunks
from learning.records.models import Reference, Statement, StatementId
from learning.records.services.rows import Row, insert

LONGEST = 10


@dataclass(frozen=True, slots=True)
class Pointing:
    """A statement that was stored now and points at another, or is pointed at."""

    position: int
    uuid: UUID
    target: UUID | None
    is_voiding: bool


@dataclass(frozen=True, slots=True)
class _Step:
    uuid: UUID
    # None where nobody has sent it yet.
    position: int | None


def connect(stored: Sequence[Pointing]) -> None:
    """Note what statements lead to and who waited for them; void what is voided. Their rows are there."""
    new = {one.uuid: one for one in stored}
    waiting = [row for some in chunks(new) for row in Reference.objects.filter(target_uuid__in=some)]
    for some in chunks({row.target_uuid for row in waiting}):
        found = StatementId.objects.filter(uuid=OuterRef("target_uuid")).values("statement")[:1]
        Reference.objects.filter(target_uuid__in=some).update(target=Subquery(found))
    targets = {one.target for one in stored if one.target is not None}
    known = {
        row.uuid: row.statement_id
        for some in chunks(targets)
        for row in StatementId.objects.filter(uuid__in=some)
    }
    extended = {row.source_id for row in waiting if new[row.target_uuid].target is not None}
    paths = _paths({*known.values(), *extended})
    rows: dict[tuple[int, UUID], Row] = {}

    def lead(source: int, step: _Step, *, is_voiding: bool = False) -> None:
        rows.setdefault((source, step.uuid), (source, step.uuid.hex, step.position, is_voiding))

    for one in stored:
        for step in _follow(one, new, known, paths):
            lead(one.position, step, is_voiding=one.is_voiding and step.uuid == one.target)
    for row in waiting:
        path = paths[row.source_id]
        there = {step.uuid for step in path}
        for step in islice(_follow(new[row.target_uuid], new, known, paths), max(0, LONGEST - len(path))):
            if step.uuid not in there:
                lead(row.source_id, step)
    with connection.cursor() as cursor:
        insert(
            cursor, Reference, ("source_id", "target_uuid", "target_id", "is_voiding"), list(rows.values())
        )
    voided = {known[one.target] for one in stored if one.is_voiding and one.target in known}
    voided |= {new[row.target_uuid].position for row in waiting if row.is_voiding}
    for positions in chunks(sorted(voided)):
        # What voids cannot be voided itself (Data 2.3.2).
        Statement.objects.filter(position__in=positions, is_voiding=False).update(is_voided=True)


def _follow(
    start: Pointing,
    new: Mapping[UUID, Pointing],
    known: Mapping[UUID, int],
    paths: Mapping[int, Sequence[_Step]],
) -> Iterator[_Step]:
    """Yield what a statement leads to, nearest first: through those stored now, and those before."""
    seen: set[UUID] = set()
    uuid = start.target
    while uuid is not None and uuid not in seen and len(seen) < LONGEST:
        seen.add(uuid)
        position = known.get(uuid)
        yield _Step(uuid, position)
        if uuid in new:
            uuid = new[uuid].target
            continue
        uuid = None
        for step in paths.get(position, ()) if position is not None else ():
            if step.uuid in seen or len(seen) == LONGEST:
                return
            seen.add(step.uuid)
            yield _Step(step.uuid, new[step.uuid].position if step.uuid in new else step.position)
            # Where the path ended for want of one that has come now, it goes on.
            uuid = new[step.uuid].target if step.uuid in new else None


def _paths(sources: set[int]) -> dict[int, list[_Step]]:
    """Return what statements that were there already lead to, nearest first."""
    paths: dict[int, list[_Step]] = defaultdict(list)
    for some in chunks(sorted(sources)):
        # Rows of one source are made from the nearest to the farthest.
        for row in Reference.objects.filter(source__in=some).order_by("pk"):
            paths[row.source_id].append(_Step(row.target_uuid, row.target_id))
    return paths
