"""What the rules of examinations, rounds and seats can say no to."""

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from learning.errors import DomainError


class UnknownExaminationData(DomainError):
    """No examination of this name comes with the platform, or its data names a bank or topic not loaded."""

    code = "unknown_examination_data"
    status = 404

    def __init__(self, what: str) -> None:
        super().__init__(
            _("“%(what)s” is not there. Load the item banks of the examination before its rules.")
            % {"what": what}
        )


class ExaminationInUse(DomainError):
    """Rules that a round was opened under stay as they are."""

    code = "examination_in_use"
    message = _(
        "A round was opened under these rules, so they are not changed any more. "
        "Make new rules with a later date."
    )


class NoExamination(DomainError):
    """No rules of the examination are in force on the day."""

    code = "no_examination"
    message = _("No rules of this examination are in force on that day.")


class RoundOutOfOrder(DomainError):
    """The times of a round contradict each other."""

    code = "round_out_of_order"
    message = _("The doors must open before the start, and the examination must have a minute at least.")


class RoundNotDraft(DomainError):
    """What a released round consists of is settled."""

    code = "round_not_draft"
    message = _(
        "This round has been released, so this can no longer be changed. Take the release back first."
    )


class RoundNotReleased(DomainError):
    """The round is not released."""

    code = "round_not_released"
    message = _("This round has not been released, or is closed already.")


class RoundBegun(DomainError):
    """Somebody has sat down in the round, or its start has passed."""

    code = "round_begun"
    message = _("Somebody has begun in this round, so this can no longer be changed.")


class RoundNotOver(DomainError):
    """Somebody is still sitting."""

    code = "round_not_over"
    message = _("Somebody in this round has not submitted yet, so it cannot be closed.")


class RoundNotReady(DomainError):
    """A round is not released while something is missing; `missing` has a sentence for each thing."""

    code = "round_not_ready"

    def __init__(self, missing: Sequence[str | Promise]) -> None:
        self.missing = [str(sentence) for sentence in missing]
        super().__init__(" ".join(self.missing))


class InvalidGrid(DomainError):
    """A room has from one to MAX_SIDE rows and columns."""

    code = "invalid_grid"
    message = _("A room has from 1 to 40 rows, and from 1 to 40 seats in a row.")


class NameTaken(DomainError):
    """The centre has a room of this name, or the platform a centre of this code."""

    code = "name_taken"
    message = _("This name or code is in use already. Choose another one.")


class RoomInUse(DomainError):
    """Candidates have seats in the room."""

    code = "room_in_use"
    message = _("Candidates have seats in this room. Take them out of it before the room.")


class CandidateExists(DomainError):
    """The person is entered for the round, or the number is another candidate's."""

    code = "candidate_exists"
    message = _("One of these persons is entered for this round already, or a number is used twice.")


class CandidateSeated(DomainError):
    """Who has a seat is not taken out of a round."""

    code = "candidate_seated"
    message = _("This candidate has a seat already, so the entry stays.")


class NoPapers(DomainError):
    """Seats are given after papers: neighbours get different ones."""

    code = "no_papers"
    message = _("Make the papers of this round first: each seat gets one of them.")


class PapersMade(DomainError):
    """A round has its papers once."""

    code = "papers_made"
    message = _("This round has its sealed papers already.")


class TooFewSeats(DomainError):
    """There are more candidates than seats; nobody was placed."""

    code = "too_few_seats"

    def __init__(self, lacking: Sequence[tuple[str, int, int]]) -> None:
        """Take (name of the centre, candidates without a seat, seats free) for each centre concerned."""
        self.lacking = list(lacking)
        lines = [
            _("%(centre)s: %(candidates)d candidates without a seat, %(seats)d seats free")
            % {"centre": centre or _("Any centre"), "candidates": candidates, "seats": seats}
            for centre, candidates, seats in self.lacking
        ]
        super().__init__(
            _("There are too few seats, so nobody was placed. %(where)s.") % {"where": "; ".join(lines)}
        )


class SeatTaken(DomainError):
    """The seat is another candidate's, is broken, or is in a room that the round does not use."""

    code = "seat_taken"
    message = _("This seat is taken, out of order, or in a room that this round does not use.")


class TooManyRooms(DomainError):
    """More rooms are asked for than one PDF holds."""

    code = "too_many_rooms"
    status = 422
    message = _("These are more rooms than one file holds. Download the file of each centre instead.")
