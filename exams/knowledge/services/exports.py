"""Files of an agency's round: list template, personal links, progress."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from exams.knowledge.models import Round
from exams.knowledge.services.invitations import Progress, link_url, with_progress
from exams.knowledge.services.roster import EMAIL_HEADINGS, NUMBER_HEADINGS
from learning import thai
from learning.people import audit
from learning.people.models import Person
from learning.spreadsheets import write_table


def list_template() -> bytes:
    """Return an empty staff list with the headings that the import knows."""
    return write_table([NUMBER_HEADINGS[0], EMAIL_HEADINGS[0]], [], "xlsx")


@dataclass(frozen=True)
class Slip:
    """One person's link, to be printed and handed over."""

    person: Person
    link: str


def link_slips(round_: Round, *, actor: Person) -> list[Slip]:
    """Return everybody's link by name. Reading them is written to the audit log."""
    rows = round_.invitations.select_related("person__agency").order_by(
        "person__first_name", "person__last_name", "pk"
    )
    slips = [Slip(invitation.person, link_url(invitation)) for invitation in rows]
    audit.record(actor, "knowledge.links_listed", round_, links=len(slips))
    return slips


def links_file(round_: Round, *, actor: Person) -> bytes:
    """Return everybody's link as a workbook."""
    rows = [
        [
            slip.person.full_name,
            slip.person.agency.name if slip.person.agency else "",
            slip.person.division_name,
            slip.person.email,
            slip.link,
        ]
        for slip in link_slips(round_, actor=actor)
    ]
    return write_table(
        [_("Name"), _("Agency"), _("Division or office"), _("E-mail"), _("Personal link")], rows, "xlsx"
    )


def progress_file(round_: Round) -> bytes:
    """Return the list with everybody's progress as a workbook; marks are not in it."""

    def moment(value: datetime | None) -> str:
        if value is None:
            return ""
        local = timezone.localtime(value)
        return f"{thai.typed_date(local)} {local:%H:%M}"

    rows = [
        [
            row.person.full_name,
            row.person.agency.name if row.person.agency else "",
            row.person.division_name,
            str(Progress(row.progress).label),
            moment(row.sent_at),
            moment(row.opened_at),
        ]
        for row in with_progress(round_)
    ]
    headings = [
        _("Name"),
        _("Agency"),
        _("Division or office"),
        _("Progress"),
        _("Letter sent"),
        _("Link opened"),
    ]
    return write_table(headings, rows, "xlsx")
