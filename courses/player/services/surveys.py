"""Surveys: answered once, as given."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from courses.catalogue.models import Unit
from courses.player.errors import AlreadyAnswered
from courses.player.models import Registration, SurveyResponse
from courses.player.services.progress import advance, refuse_closed


@transaction.atomic
def respond(
    registration: Registration, unit: Unit, answers: dict[str, Any], *, now: datetime
) -> SurveyResponse:
    """Keep what a learner answered, by the id of the question. Raises UnitClosed, AlreadyAnswered."""
    refuse_closed(registration, unit, now=now)
    try:
        with transaction.atomic():
            response = SurveyResponse.objects.create(
                registration=registration, unit=unit, answers=answers, submitted_at=now
            )
    except IntegrityError as error:
        raise AlreadyAnswered from error
    advance(registration, unit, completed=True, now=now)
    return response
