"""How far a round's preparation is, in a few counts."""

from dataclasses import dataclass

from exams.registration.models import Room, Round, Seat


@dataclass(frozen=True)
class Progress:
    """Counts of a round. `seats` are usable ones; `unguarded` are rooms in use without an invigilator."""

    candidates: int
    placed: int
    faceless: int
    rooms: int
    seats: int
    papers: int
    invigilators: int
    unguarded: int

    @property
    def waiting(self) -> int:
        """Candidates without a seat."""
        return self.candidates - self.placed


def of(round_: Round) -> Progress:
    """Count what a round has."""
    used = Room.objects.filter(rounds=round_, seats__placements__round=round_).distinct()
    return Progress(
        candidates=round_.candidates.count(),
        placed=round_.placements.count(),
        faceless=round_.candidates.filter(photograph="").count(),
        rooms=round_.rooms.count(),
        seats=Seat.objects.filter(room__rounds=round_, is_usable=True).count(),
        papers=round_.envelope.papers.count() if round_.envelope else 0,
        invigilators=round_.duties.values("person").distinct().count(),
        unguarded=used.exclude(duties__round=round_).count(),
    )
