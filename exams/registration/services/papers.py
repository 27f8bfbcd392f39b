"""The papers of a round: parallel forms with a section for each subject, sealed into one envelope."""

from collections.abc import Callable

from django.db import transaction

from exams.papers.assembly import Section
from exams.papers.services import make_parallel_forms, seal_forms
from exams.registration.errors import PapersMade
from exams.registration.models import Examination, Round
from exams.registration.services.examinations import draw_rules
from exams.registration.services.rounds import locked_draft
from learning.people import audit
from learning.people.models import Person


def sections(examination: Examination) -> list[Section]:
    """Return the parts of a paper, one for each subject in order."""
    return [
        Section(subject.name_th, draw_rules(subject), subject.bank.language)
        for subject in examination.subjects.select_related("bank").order_by("order")
    ]


@transaction.atomic
def make_papers(
    round_: Round,
    *,
    count: int,
    actor: Person | None,
    same_items: bool = False,
    tell: Callable[[int], None] = lambda _sealed: None,
) -> Round:
    """Draw and seal `count` parallel papers, 1 to 24; with `same_items` they differ in order only.

    `tell` is called with how many are sealed. Raises RoundNotDraft, PapersMade, NothingToDraw,
    NotEnoughItems, FormsAlike, WrongNumberOfForms, PaperTooLarge.
    """
    found = locked_draft(round_)
    if found.envelope_id is not None:
        raise PapersMade
    title = f"{found.examination.name_th} {found.title}"
    forms = make_parallel_forms(title, sections(found.examination), count, same_items=same_items)
    found.envelope = seal_forms(title, forms, tell=tell)
    found.save(update_fields=["envelope"])
    audit.record(actor, "registration.papers_made", found, count=count)
    round_.envelope = found.envelope
    return round_
