"""What the rules of partners' courses can say no to."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from learning.errors import DomainError
from learning.people import rosters


class NotExternal(DomainError):
    """The course is one of our own, or no longer offered."""

    code = "course_not_external"
    message = _("This course cannot be opened on a partner's platform.")


class NotConnected(DomainError):
    """No tool is registered for the course, or it was put out of use."""

    code = "course_not_connected"
    message = _(
        "The connection to this course at its provider is not ready. Please tell the agency that offers it."
    )


class LaunchRefused(DomainError):
    """What a tool sent to be answered with a launch is not in order; nothing is sent back to it."""

    code = "launch_refused"
    status = 400
    message: str | Promise = _("The provider's platform asked for something unknown. Open the course again.")


class LaunchExpired(LaunchRefused):
    """The launch was begun too long ago, was used already, or by another person."""

    code = "launch_expired"
    message = _("The way to the provider was open for too long. Open the course again.")


class ScoreRefused(DomainError):
    """A score that cannot be kept."""

    code = "score_refused"
    status = 400
    message: str | Promise = "The score is not a score of IMS Assignment and Grade Services."


class ScoreTooOld(ScoreRefused):
    """A later score of the same person is here already."""

    code = "score_too_old"
    status = 409
    message = "A later score is on record."


class TokenRefused(DomainError):
    """A request for an access token that is not in order; `code` is the one of RFC 6749."""

    code = "invalid_client"
    status = 400
    message: str | Promise = "The client assertion could not be verified."


class CheckExpired(rosters.CheckExpired):
    """The confirmation of a list of completions came too late, or from elsewhere."""

    code = "outcomes_check_expired"
