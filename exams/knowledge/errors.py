"""What the rules of knowledge tests can say no to."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from learning.errors import DomainError
from learning.portal.templatetags.portal import thai_datetime


class RoundNotOpen(DomainError):
    """The round's window has not begun, or is over."""

    code = "round_not_open"
    message = _("This round is not open now. See its opening and closing times on the test page.")


class NotInvited(DomainError):
    """The round is for an agency's list, and the person is not on it."""

    code = "not_invited"
    status = 403
    message = _("This round is for staff on an agency's list, and you are not on it. Ask your agency.")


class NoAttemptsLeft(DomainError):
    """All attempts of the round have been used."""

    code = "no_attempts_left"
    message = _("You have used all the attempts of this round.")


class AlreadyPassed(DomainError):
    """Who has passed needs no further attempt."""

    code = "already_passed"
    message = _("You have already passed in this round, so there is nothing more to sit.")


class TooSoon(DomainError):
    """The waiting time between two attempts is not over."""

    code = "too_soon"

    def __init__(self, retry_at: datetime) -> None:
        self.retry_at = retry_at
        when = thai_datetime(timezone.localtime(retry_at))
        super().__init__(_("You can start again from %(when)s.") % {"when": when})


class StillClosing(DomainError):
    """The previous sitting's time is over, and the system is submitting it."""

    code = "still_closing"
    message = _("Your last sitting is just being closed and marked. Try again in a few seconds.")


class ExplanationsShut(DomainError):
    """The explanations of this sitting may not be read now."""

    code = "explanations_shut"
    status = 403
    message = _("The explanations of this sitting cannot be read now. The result page says when they open.")


class NoDefinition(DomainError):
    """No definition is in force on the round's first day."""

    code = "no_definition"
    message = _("This test has no definition in force on the opening day. Make one first.")


class RoundHasOpened(DomainError):
    """A round that has opened is no longer changed."""

    code = "round_has_opened"
    message = _("This round has opened, so it can no longer be changed. You can close it early.")


class RequestDecided(DomainError):
    """The request has been decided before."""

    code = "request_decided"
    message = _("This request has already been decided.")


class LinkInvalid(DomainError):
    """The personal link is forged, mistyped or withdrawn."""

    code = "link_invalid"
    status = 404
    message = _(
        "This personal link does not work. It may be incomplete, or it may have been withdrawn. "
        "Copy the whole link from your letter, or ask the officer who sent it."
    )


class LinkExpired(DomainError):
    """The link's round is over."""

    code = "link_expired"
    status = 410
    message = _("This personal link has expired because the round has closed. Ask your agency's officer.")


class LinkOfAnother(DomainError):
    """Somebody signed in follows a link that belongs to another person."""

    code = "link_of_another"
    status = 403
    message = _(
        "This personal link belongs to another person. If you share this computer, sign out first. "
        "If it was sent to you by mistake, tell the officer who sent it; do not use it."
    )


class TooManyTries(DomainError):
    """The identity questions of a link were answered wrongly too often."""

    code = "too_many_tries"
    status = 429
    message = _("There were too many wrong answers. Wait 15 minutes, or ask the officer who sent the link.")


class HasPassword(DomainError):
    """The person of a link has set a password meanwhile."""

    code = "has_password"
    message = _("A password has been set meanwhile. Open the link again and sign in with it.")


class HasStarted(DomainError):
    """Who has started stays on the list."""

    code = "has_started"
    message = _("This person has already started the test, so they stay on the list.")


class RemindedLately(DomainError):
    """Reminders are at least an hour apart."""

    code = "reminded_lately"
    message = _("Nobody needed a reminder: all are done, have no e-mail, or had a letter within the hour.")
