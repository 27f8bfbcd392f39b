"""A sitting as statements for the record store: begun and ended, never an answer.

Told by the apps that know what was sat; nothing of this is on the way of an answer.
"""

from datetime import datetime

from exams.seat.models import CloseReason, Sitting
from learning.records.services.outbox import Event, Outcome, Thing
from learning.records.vocabulary import COMPLETED, INITIALIZED, TERMINATED


def begun(sitting: Sitting, thing: Thing, *, at: datetime) -> Event:
    """Return that somebody began."""
    return Event(name=f"seat.begun:{sitting.pk}", person=sitting.person, verb=INITIALIZED, thing=thing, at=at)


def ended(sitting: Sitting, thing: Thing, *, began_at: datetime) -> Event:
    """Return how a closed sitting ended: handed in by the person, or ended by the system or an officer."""
    assert sitting.closed_at is not None
    return Event(
        name=f"seat.ended:{sitting.pk}",
        person=sitting.person,
        verb=COMPLETED if sitting.close_reason == CloseReason.SUBMITTED else TERMINATED,
        thing=thing,
        at=sitting.closed_at,
        outcome=Outcome(completion=True, duration=sitting.closed_at - began_at),
    )
