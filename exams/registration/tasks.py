"""Background work of registration. Every task may run twice: what is done already is refused by its rule."""

from celery import shared_task

from exams.registration import jobs
from exams.registration.models import Round
from exams.registration.services import papers, placing
from learning.people.models import Person


@shared_task
def place_candidates(round_: int, actor: int) -> None:
    """Give the candidates of a round their seats."""
    found, officer = Round.objects.get(pk=round_), Person.objects.get(pk=actor)
    jobs.carry_out(
        jobs.PLACES,
        round_,
        # Two rows are written for each candidate.
        lambda tell: placing.place_candidates(found, actor=officer, tell=lambda rows: tell(rows // 2)),
    )


@shared_task
def make_papers(round_: int, actor: int, count: int, same_items: bool) -> None:
    """Draw and seal the papers of a round."""
    found, officer = Round.objects.get(pk=round_), Person.objects.get(pk=actor)
    jobs.carry_out(
        jobs.PAPERS,
        round_,
        lambda tell: papers.make_papers(found, actor=officer, count=count, same_items=same_items, tell=tell),
    )
