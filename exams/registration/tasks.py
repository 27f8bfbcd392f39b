"""Background work of registration. Every task may run twice."""

from celery import shared_task

from exams.registration.models import Round
from exams.registration.services import placing
from learning.people.models import Person


@shared_task
def place_candidates(round_: int, actor: int) -> int:
    """Give the candidates of a round their seats."""
    return placing.place_candidates(Round.objects.get(pk=round_), actor=Person.objects.get(pk=actor))
