"""Import a list of persons: upload, check, import, undo. Work goes on in chunks of one transaction each.

A chunk is small enough that SQLite's only write lock is held for a moment and that progress is seen; it
moves rows from one state to the next, so work that died half-way is taken up where it stopped, and two
workers on one batch do not do a row twice.
"""

import io
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, BinaryIO, cast

import structlog
from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Count, ForeignObjectRel, Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Lower
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from learning.bulk import batched, columns_of, insert_fresh, row_of
from learning.errors import DomainError
from learning.people import audit, sealing
from learning.people.access import officer_agencies
from learning.people.imports import snapshots
from learning.people.imports.checking import KEEPS_OWN_ADDRESS, Checker
from learning.people.imports.resource import HEADINGS, REQUIRED
from learning.people.links import send_password_link
from learning.people.models import BatchStatus, ImportBatch, ImportedRow, Person, Role, RoleGrant, RowState
from learning.people.services import set_email
from learning.spreadsheets import SpreadsheetError, Table, read_table

CHUNK = 500
STALLED_AFTER = timedelta(seconds=60)
_PURPOSE = b"import-upload"
_TO_DO = (RowState.TO_CREATE, RowState.TO_UPDATE)
_DONE = (RowState.CREATED, RowState.UPDATED)
log = structlog.get_logger(__name__)


class BatchNotReady(DomainError):
    """The batch is not in the state that the action needs."""

    code = "batch_not_ready"
    message: str | Promise = _(
        "This cannot be done with the import as it stands now. Look at its page again."
    )


# -- Upload -----------------------------------------------------------------------------------------
def open_table(upload: BinaryIO, name: str) -> Table:
    """Open an upload as a list of persons. Raises SpreadsheetError when it cannot be one."""
    table = read_table(upload, name, max_rows=settings.IMPORT_MAX_ROWS, max_bytes=settings.IMPORT_MAX_BYTES)
    table.require(HEADINGS[field] for field in REQUIRED)
    return table


def upload_batch(officer: Person, upload: BinaryIO, name: str) -> ImportBatch:
    """Take in a file whose table can be read, and keep it sealed until its rows are checked.

    Raises SpreadsheetError; then nothing is kept.
    """
    table = open_table(upload, name)
    upload.seek(0)
    content = ContentFile(sealing.seal(upload.read(), _PURPOSE))
    stored = default_storage.save(f"imports/{uuid.uuid4()}.sealed", content)
    with transaction.atomic():
        batch = ImportBatch.objects.create(
            officer=officer,
            file_name=name[:200],
            stored_as=stored,
            language=translation.get_language() or settings.LANGUAGE_CODE,
            row_count=table.row_count,
        )
        audit.record(officer, "people.batch_uploaded", batch, rows=table.row_count)
    return batch


def _scope(officer: Person) -> set[int] | None:
    """Return the agencies into which the officer may import, None for all."""
    if officer.has_role(Role.ADMINISTRATOR):
        return None
    return set(officer_agencies(officer).values_list("pk", flat=True))


def _locked(batch_id: int, status: BatchStatus) -> ImportBatch | None:
    """Lock the batch for one chunk; None when it has left the status, because another worker was faster."""
    batches = ImportBatch.objects.select_for_update(no_key=True).filter(pk=batch_id, status=status)
    return batches.first()


def _move(batch: ImportBatch, **values: Any) -> None:
    values["progressed_at"] = timezone.now()
    ImportBatch.objects.filter(pk=batch.pk).update(**values)


# -- Check ------------------------------------------------------------------------------------------
def check_batch(batch_id: int) -> None:
    """Check all rows of an uploaded batch; afterwards the officer decides."""
    batch = ImportBatch.objects.select_related("officer").get(pk=batch_id)
    with translation.override(batch.language):
        try:
            with default_storage.open(batch.stored_as) as handle:
                content = io.BytesIO(sealing.unseal(handle.read(), _PURPOSE))
            _check_rows(batch, open_table(content, batch.file_name))
        except SpreadsheetError as error:
            _move(batch, status=BatchStatus.REFUSED, refusal=str(error))
        _forget_upload(batch)


def _check_rows(batch: ImportBatch, table: Table) -> None:
    checker = Checker(scope=_scope(batch.officer), today=timezone.localdate())
    done = _recall(batch, checker)
    expected = ImportBatch.objects.values_list("done_count", flat=True).get(pk=batch.pk)
    rows = (numbered for numbered in table.rows if numbered[0] > done)
    while chunk := list(islice(rows, CHUNK)):
        with transaction.atomic():
            current = _locked(batch.pk, BatchStatus.CHECKING)
            if current is None or current.done_count != expected:
                return
            checked = checker.check(chunk)
            expected += len(checked)
            for row in checked:
                row.batch = batch
            _insert(checked)
            _move(batch, done_count=expected)
    _move(batch, status=BatchStatus.CHECKED, done_count=0)


def _insert(items: list[ImportedRow] | list[Person]) -> None:
    """Insert rows or persons that are new; nothing needs the keys they get."""
    if items:
        model = type(items[0])
        columns = columns_of(model)
        insert_fresh(model, columns, (row_of(item, columns) for item in items))


def _recall(batch: ImportBatch, checker: Checker) -> int:
    """Tell the checker of the rows checked before the work died, and return the number of the last."""
    last = 0
    for number, index in batch.rows.order_by("number").values_list("number", "national_id_index"):
        if index:
            checker.seen_people.setdefault(index, number)
        last = number
    return last


def _forget_upload(batch: ImportBatch) -> None:
    default_storage.delete(batch.stored_as)
    ImportBatch.objects.filter(pk=batch.pk).update(stored_as="")


# -- Decide -----------------------------------------------------------------------------------------
def counts(batch: ImportBatch) -> dict[str, int]:
    """Return how many rows are in each state."""
    return dict(batch.rows.order_by().values_list("state").annotate(Count("pk")))


def _change_status(batch: ImportBatch, allowed: BatchStatus, status: BatchStatus) -> None:
    """Move a batch on, once. Raises BatchNotReady."""
    moved = ImportBatch.objects.filter(pk=batch.pk, status=allowed).update(
        status=status, done_count=0, progressed_at=timezone.now()
    )
    if not moved:
        raise BatchNotReady


@transaction.atomic
def accept_batch(officer: Person, batch: ImportBatch) -> None:
    """Decide to import the good rows; the work itself is `import_batch`. Raises BatchNotReady."""
    _change_status(batch, BatchStatus.CHECKED, BatchStatus.IMPORTING)
    audit.record(officer, "people.batch_accepted", batch)


@transaction.atomic
def cancel_batch(officer: Person, batch: ImportBatch) -> None:
    """Decide to import nothing, and forget the rows. Raises BatchNotReady."""
    _change_status(batch, BatchStatus.CHECKED, BatchStatus.CANCELLED)
    batch.rows.all().delete()
    audit.record(officer, "people.batch_cancelled", batch)


@transaction.atomic
def undo_batch(officer: Person, batch: ImportBatch) -> None:
    """Decide to undo an import; the work itself is `revert_batch`. Raises BatchNotReady."""
    _change_status(batch, BatchStatus.IMPORTED, BatchStatus.UNDOING)
    audit.record(officer, "people.batch_undo_asked", batch)


def work_total(batch: ImportBatch, counted: dict[str, int]) -> int:
    """Return how many rows the work now going on has in all, done ones included."""
    if batch.status == BatchStatus.CHECKING:
        return batch.row_count
    states = _TO_DO if batch.status == BatchStatus.IMPORTING else _DONE
    return batch.done_count + sum(counted.get(state, 0) for state in states)


def is_stalled(batch: ImportBatch, *, now: datetime) -> bool:
    """Say whether background work on the batch seems to have died."""
    return batch.is_working and batch.progressed_at < now - STALLED_AFTER


# -- Import -----------------------------------------------------------------------------------------
def import_batch(batch_id: int) -> None:
    """Create and change the persons of the good rows of an accepted batch."""
    batch = ImportBatch.objects.select_related("officer").get(pk=batch_id)
    scope = _scope(batch.officer)
    with translation.override(batch.language):
        _work_off(batch, BatchStatus.IMPORTING, _TO_DO, lambda rows: _import_rows(rows, scope))
        _finish(batch, BatchStatus.IMPORTING, BatchStatus.IMPORTED, "people.batch_imported")


def _work_off(
    batch: ImportBatch,
    status: BatchStatus,
    states: tuple[RowState, ...],
    work: Callable[[list[ImportedRow]], None],
) -> None:
    """Work on the rows in these states, a transaction a chunk, until none is left."""
    # Asked for once, and then by nothing but their keys: a database that has not yet counted this new list
    # takes it for a short one, and would read all that is left of it for every chunk.
    keys = list(batch.rows.filter(state__in=states).values_list("pk", flat=True))
    for some in batched(keys, CHUNK):
        with transaction.atomic():
            current = _locked(batch.pk, status)
            if current is None:
                return
            chunk = ImportedRow.objects.filter(pk__in=some)
            # Of two who work on the batch the slower finds nothing more to do in a chunk.
            if rows := [row for row in chunk if row.state in states]:
                work(rows)
                _move(batch, done_count=current.done_count + len(rows))


def _finish(batch: ImportBatch, before: BatchStatus, after: BatchStatus, action: str) -> None:
    with transaction.atomic():
        if ImportBatch.objects.filter(pk=batch.pk, status=before).update(status=after):
            audit.record(batch.officer, action, batch, **counts(batch))


def _locked_persons(condition: Q) -> list[Person]:
    """Lock persons in the order of their keys, so that two imports cannot wait for each other."""
    persons = Person.objects.select_for_update(of=("self",), no_key=True).filter(condition).order_by("pk")
    return list(persons)


def _owners_of(emails: list[str]) -> list[int]:
    """Return who has these addresses; asked by itself, because an OR of both would read every person."""
    people = Person.objects.annotate(lower=Lower("email")).exclude(email="")
    return list(people.filter(lower__in=emails).order_by().values_list("pk", flat=True))


def _import_rows(rows: list[ImportedRow], scope: set[int] | None) -> None:
    values = {row.pk: snapshots.unseal(row.values_sealed) for row in rows}
    emails = [v["email"] for v in values.values() if v.get("email")]
    indexes = [row.national_id_index for row in rows]
    persons = _locked_persons(Q(national_id_index__in=indexes) | Q(pk__in=_owners_of(emails)))
    staff = set(RoleGrant.objects.filter(person__in=persons).values_list("person", flat=True))
    by_index = {person.national_id_index: person for person in persons}
    owners = {person.email.lower(): person.national_id_index for person in persons}
    # Nobody can sign in until a link to set a password was followed. Drawing one for everybody would take a
    # tenth of the time.
    unusable = make_password(None)
    created, others, updated = [], [], []
    for row in rows:
        wanted, person = values[row.pk], by_index.get(row.national_id_index)
        if fault := _came_between(row, wanted, person, owners=owners, scope=scope, staff=staff):
            row.state, row.errors, row.person = RowState.FAULTY, [fault], None
            others.append(row)
        elif person is None:
            created.append(_new_person(wanted, unusable))
        else:
            _update_person(row, person, wanted)
            updated.append(person)
            others.append(row)
    _insert(created)
    _save_values(updated)
    _link_created(rows, created)
    # An upsert of rows that are there: many times faster than bulk_update's CASE for every value.
    ImportedRow.objects.bulk_create(
        others,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["state", "errors", "person", "before_sealed", "after_sealed"],
    )


def _link_created(rows: list[ImportedRow], created: list[Person]) -> None:
    """Write down which rows made these persons, without sending the rows, which are long."""
    same = Person.objects.filter(national_id_index=OuterRef("national_id_index")).order_by().values("pk")
    ImportedRow.objects.filter(
        pk__in=[row.pk for row in rows],
        national_id_index__in=[person.national_id_index for person in created],
    ).update(state=RowState.CREATED, person=Subquery(same))


def _save_values(persons: list[Person]) -> None:
    """Save the importable values of persons who exist and are locked."""
    Person.objects.bulk_create(
        persons, update_conflicts=True, unique_fields=["id"], update_fields=list(snapshots.VALUES)
    )


def _came_between(
    row: ImportedRow,
    wanted: dict[str, Any],
    person: Person | None,
    *,
    owners: dict[str, str],
    scope: set[int] | None,
    staff: set[int],
) -> dict[str, str] | None:
    """Return the fault of a row that was good when it was checked, but is not any more."""
    is_mine = scope is None or (
        wanted.get("agency_id", person and person.agency_id) in scope
        and (person is None or person.agency_id in scope)
    )
    if not is_mine or (person is None) != (row.state == RowState.TO_CREATE):
        text = gettext("This person was added, moved or removed after the check. Import the row again.")
        return {"column": HEADINGS["national_id"], "message": text}
    email = wanted.get("email", "")
    if owners.get(email, row.national_id_index) != row.national_id_index:
        return {"column": HEADINGS["email"], "message": gettext("Another person has this e-mail address.")}
    if email and person and (person.has_usable_password() or person.pk in staff):
        return {"column": HEADINGS["email"], "message": str(KEEPS_OWN_ADDRESS)}
    return None


def _new_person(wanted: dict[str, Any], password: str) -> Person:
    person = Person()
    person.national_id = wanted.pop("national_id")
    snapshots.put(person, wanted)
    person.password = password
    return person


def _update_person(row: ImportedRow, person: Person, wanted: dict[str, Any]) -> None:
    before = snapshots.take(person)
    if "email" in wanted:
        set_email(person, wanted["email"])
    snapshots.put(person, wanted)
    after = snapshots.take(person)
    row.before_sealed = snapshots.seal({name: before[name] for name in wanted})
    row.after_sealed = snapshots.seal({name: after[name] for name in wanted})
    row.person, row.state = person, RowState.UPDATED


# -- Links ------------------------------------------------------------------------------------------
def rows_without_link(batch: ImportBatch) -> QuerySet[ImportedRow]:
    """Return the rows whose new persons could be sent a link to set a password and were not."""
    return batch.rows.filter(
        state=RowState.CREATED,
        link_sent_at=None,
        person__is_active=True,
        person__password__startswith=UNUSABLE_PASSWORD_PREFIX,
    ).exclude(person__email="")


def ask_links(officer: Person, batch: ImportBatch) -> None:
    """Decide to send links to new persons; the work itself is `send_links`. Raises BatchNotReady."""
    count = rows_without_link(batch).count()
    if batch.status != BatchStatus.IMPORTED or not count:
        raise BatchNotReady
    audit.record(officer, "people.batch_links_sent", batch, count=count)


def send_links(batch_id: int) -> None:
    """Send the links, one after the other. Raises OSError when the mail server does not take one."""
    batch = ImportBatch.objects.get(pk=batch_id)
    with translation.override(batch.language):
        for row in rows_without_link(batch).select_related("person").iterator(chunk_size=CHUNK):
            mine = batch.rows.filter(pk=row.pk, link_sent_at=None)
            # Claimed before it is sent: of two workers one sends it, and nobody gets it twice.
            if row.person and mine.update(link_sent_at=timezone.now()):
                try:
                    send_password_link(row.person)
                except OSError:
                    batch.rows.filter(pk=row.pk).update(link_sent_at=None)
                    raise


# -- Undo -------------------------------------------------------------------------------------------
def revert_batch(batch_id: int) -> None:
    """Undo what a batch did: remove whom it created, put back what it changed.

    Persons who were used since (signed in, hold a role, sat a test, have a certificate: anything refers
    to them) and values that were changed again since stay, and their rows say so.
    """
    batch = ImportBatch.objects.select_related("officer").get(pk=batch_id)
    with translation.override(batch.language):
        _work_off(batch, BatchStatus.UNDOING, _DONE, _revert_rows)
        _finish(batch, BatchStatus.UNDOING, BatchStatus.UNDONE, "people.batch_undone")


def _revert_rows(rows: list[ImportedRow]) -> None:
    persons = {p.pk: p for p in _locked_persons(Q(pk__in=[row.person_id for row in rows]))}
    used = _used(list(persons))
    removed, restored = [], []
    for row in rows:
        person = persons.get(row.person_id or 0)
        row.state = RowState.KEPT
        if person is None:
            row.state = RowState.UNDONE
        elif row.before_sealed is None:
            if person.pk not in used and _is_as_imported(person, row):
                row.state = RowState.UNDONE
                removed.append(person.pk)
        elif row.after_sealed is not None:
            after, now = snapshots.unseal(row.after_sealed), snapshots.take(person)
            if all(now[name] == value for name, value in after.items()):
                snapshots.put(person, snapshots.unseal(row.before_sealed))
                row.state = RowState.UNDONE
                restored.append(person)
    _save_values(restored)
    for state in (RowState.UNDONE, RowState.KEPT):
        keys = [row.pk for row in rows if row.state == state]
        ImportedRow.objects.filter(pk__in=keys).update(state=state)
    Person.objects.filter(pk__in=removed).delete()


def _is_as_imported(person: Person, row: ImportedRow) -> bool:
    if person.last_login or person.has_usable_password():
        return False
    wanted, now = snapshots.unseal(row.values_sealed), snapshots.take(person)
    return all(now[name] == value for name, value in wanted.items() if name in now)


def _used(keys: list[int]) -> set[int]:
    """Return the persons to whom anything but an import refers, in whatever app it lies."""
    used: set[int] = set()
    for relation in Person._meta.get_fields(include_hidden=True):
        if not isinstance(relation, ForeignObjectRel) or relation.related_model is ImportedRow:
            continue
        name = relation.field.name
        model = cast("type[Model]", relation.related_model)
        rows = model._meta.base_manager.filter(**{f"{name}__in": keys})
        used.update(rows.values_list(f"{name}__pk", flat=True))
    return used
