"""Files that officers take away: the template, the rows to correct, the list of persons."""

from collections.abc import Iterator

from django.conf import settings
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from learning.errors import DomainError
from learning.people import audit
from learning.people.imports import snapshots
from learning.people.imports.resource import HEADINGS, PersonResource
from learning.people.models import ImportBatch, Person, RowState
from learning.spreadsheets import STRAY, Format, write_table

FAULTS_HEADING = "ข้อผิดพลาด"
_GROUP_ADVICE = _("Where the group demands it")

ADVICE: dict[str, Promise] = {
    "national_id": _("13 digits; a person who is there already is changed, nobody is doubled"),
    "title": _("For example นาย or นางสาว"),
    "first_name": _("Letters only"),
    "last_name": _("Letters only"),
    "birth_year": _("Buddhist era, for example 2535"),
    "sex": _("ชาย, หญิง or ไม่ประสงค์ระบุ"),
    "education_level": _("For example ปริญญาตรี"),
    "email": _("Each address once; may be empty"),
    "group": _("For example ข้าราชการพลเรือนสามัญ"),
    "agency": _("Code or exact name, see below"),
    "division_name": _("May be empty"),
    "service_start": _("For example 1/10/2560"),
    "personnel_kind": _("For officials of other kinds and state officers, for example พนักงานราชการ"),
    "position_level": _("For civil servants: code or name, see below"),
    "position": _GROUP_ADVICE,
    "level_text": _("May be empty"),
    "occupation": _("For members of the public"),
    "organisation": _("Where the agency is not in the list"),
}


class TooManyToExport(DomainError):
    """The list is longer than a file should be."""

    code = "export_too_large"
    status = 413
    message: str | Promise = _(
        "The list is too long for one file. Search for fewer persons, for example by agency."
    )


def template(kind: Format) -> bytes:
    """Return an empty list with the headings."""
    return write_table(list(HEADINGS.values()), [], kind)


def faulty_rows(batch: ImportBatch) -> bytes:
    """Return the rows of a batch that have errors, as they were, with the errors in the last column."""

    def lines() -> Iterator[list[str]]:
        for row in batch.rows.filter(state=RowState.FAULTY).iterator(chunk_size=1000):
            cells = snapshots.unseal(row.values_sealed)
            faults = "; ".join(
                f"{e['column']}: {e['message']}" if e["column"] else e["message"] for e in row.errors
            )
            yield [
                *(str(cells.get(heading, "")) for heading in HEADINGS.values()),
                str(cells.get(STRAY, "")),
                faults,
            ]

    return write_table([*HEADINGS.values(), "-", FAULTS_HEADING], lines(), "xlsx")


def export_persons(
    actor: Person, persons: QuerySet[Person], kind: Format, *, show_national_id: bool
) -> bytes:
    """Return the list of persons as a file, and write down who took it. Raises TooManyToExport."""
    count = persons.count()
    if count > settings.EXPORT_MAX_ROWS:
        raise TooManyToExport
    resource = PersonResource(show_national_id=show_national_id)
    rows = persons.select_related("agency", "position_level").iterator(chunk_size=2000)
    content = write_table(list(HEADINGS.values()), resource.lines(rows), kind)
    audit.record(actor, "people.persons_exported", None, count=count, full_national_id=show_national_id)
    return content
