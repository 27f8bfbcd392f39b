"""What the rules of an exam room can say no to."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from exams.room.simulator import Verdict
from learning.errors import DomainError


class NobodyChosen(DomainError):
    """An action on seats without seats."""

    code = "nobody_chosen"
    status = 422
    message = _("No seat is chosen. Go back, tick the seats, and try again.")


class NotInRoom(DomainError):
    """A seat named by the form is not one of this room in this round."""

    code = "not_in_room"
    status = 422
    message = _(
        "One of the chosen seats is no longer taken in this room. Load the room's page again and choose anew."
    )


class AlreadyDone(DomainError):
    """The same form came twice."""

    code = "already_done"
    message = _(
        "This form has been used already, so nothing was done a second time. "
        "What was done stands in the record of the room."
    )


class NothingToDo(DomainError):
    """The action would change no sitting."""

    code = "nothing_to_do"
    message = _(
        "Nothing was changed: every sitting concerned has been submitted, or is in this state already."
    )


class NotYetStarted(DomainError):
    """The paper key is asked for before T-0."""

    code = "too_early"
    status = 425
    message = _("The paper key is shown from the start of the examination on, not before.")


class NotBegun(DomainError):
    """Candidates are submitted, or a room is ended, before T-0."""

    code = "not_begun"
    message = _(
        "The examination has not begun. Nobody is submitted and no room is ended before its start, "
        "since neither can be undone."
    )


class NoSealedPapers(DomainError):
    """The sittings concerned have no sealed papers."""

    code = "no_sealed_papers"
    status = 404
    message = _("The papers of this round are not sealed, so there is no paper key.")


class TimeLeft(DomainError):
    """The sitting in a room is ended while somebody still has time."""

    code = "time_left"

    def __init__(self, message: str | Promise) -> None:
        super().__init__(message)


class RoomEnded(DomainError):
    """The sitting in this room has been ended."""

    code = "room_ended"
    message = _("The sitting in this room has been ended, so nothing is changed in it any more.")


class BadPicture(DomainError):
    """The file is no picture that we take."""

    code = "bad_picture"
    status = 422
    message = _("The file is not a JPEG, PNG or WebP picture. Take the picture again, or leave it out.")


class PictureTooLarge(DomainError):
    """The picture has too many bytes."""

    code = "picture_too_large"
    status = 422
    message = _("The picture is larger than 10 MB. Choose a smaller size in the camera and take it again.")


class UnsafeRelease(DomainError):
    """Somebody in the round would be wronged; `verdict` says who, and why."""

    code = "unsafe_release"
    message = _(
        "The round is not released: somebody in it would be wronged. The page of its times says who, why, "
        "and what to do."
    )

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        super().__init__()


class ScopeTooLarge(DomainError):
    """A whole large round is asked for what is done centre by centre."""

    code = "scope_too_large"
    status = 422
    message = _(
        "There are too many sittings here to do this for all of them at once. Open the ledger of each "
        "centre, or take the CSV file."
    )
