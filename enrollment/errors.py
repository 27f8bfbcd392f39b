"""What the rules of enrolment can say no to."""

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from learning.errors import DomainError


class CourseNotOffered(DomainError):
    """The course is retired, or nothing of it has been published."""

    code = "course_not_offered"
    message = _("This course cannot be taken now.")


class RegistrationClosed(DomainError):
    """Nobody enrols in this round now: too early or too late."""

    code = "registration_closed"
    message = _("Enrolment in this round is not open now. See its dates on the page of the course.")


class AlreadyEnrolled(DomainError):
    """The person is in this round."""

    code = "already_enrolled"
    message = _("You are enrolled in this round already, or your request is being dealt with.")


class AlreadyLearning(DomainError):
    """The person is in another round of the course."""

    code = "already_learning"
    message = _("You are enrolled in another round of this course. Withdraw from that one first.")


class NotEligible(DomainError):
    """The round is for others; the message names each condition that is not met."""

    code = "not_eligible"
    status = 403

    def __init__(self, sentences: Sequence[str | Promise]) -> None:
        super().__init__(" ".join(str(sentence) for sentence in sentences))


class RoundFull(DomainError):
    """No seat is left, and the round keeps no waiting list."""

    code = "round_full"
    message = _("All seats of this round are taken, and it has no waiting list.")


class SupervisorMissing(DomainError):
    """The round needs an approval and nobody was named to give it, or somebody who cannot."""

    code = "supervisor_missing"
    status = 422
    message = _("Name your supervisor by e-mail: another active person of your agency or of one above it.")


class NothingToWithdraw(DomainError):
    """Only who is enrolled, waits or has asked can withdraw; a completed course stays completed."""

    code = "nothing_to_withdraw"
    message = _("There is nothing to withdraw from: this enrolment has ended or the course is completed.")


class NotRequested(DomainError):
    """There is no request to decide, or somebody has decided it."""

    code = "not_requested"
    message = _("This request has been decided or withdrawn already.")


class NotMissing(DomainError):
    """Only what is missing can be waived."""

    code = "not_missing"
    message = _("This is not missing any more, or was never asked for. Open the page again.")


class NotLearning(DomainError):
    """Only who is enrolled and has not completed the course can complete it."""

    code = "not_learning"
    message = _("This enrolment has ended, or the course has been completed already.")


class ReasonMissing(DomainError):
    """A refusal or a grant says why."""

    code = "reason_missing"
    status = 422
    message = _("Write the reason.")


class ReminderLinkInvalid(DomainError):
    """The link that stops reminders was altered or cut off."""

    code = "reminder_link_invalid"
    status = 404
    message = _("This link is not complete. Copy the whole link from the letter.")


class InvalidRound(DomainError):
    """What was given cannot be a round."""

    code = "invalid_round"
    status = 422
    message: str | Promise = _("This cannot be a round.")


class TooFewSeats(DomainError):
    """A round cannot have fewer seats than are taken."""

    code = "too_few_seats"
    message = _("More seats than that are taken already.")


class RoundInUse(DomainError):
    """A round in which somebody is or was enrolled stays."""

    code = "round_in_use"
    message = _(
        "Somebody is or was enrolled in this round, so it cannot be deleted. Close its enrolment instead."
    )
