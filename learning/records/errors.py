"""What the store refuses, with the status that the specification gives it."""

from learning.records.xapi.rules import Broken


class Refused(Exception):
    """A request is refused; the message says why, in English, to whoever wrote the program that sent it."""

    status = 400

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


class BadRequest(Refused):
    """The request or a statement in it breaks a rule."""

    @classmethod
    def because(cls, broken: Broken) -> "BadRequest":
        """Return the refusal that tells the broken rule."""
        return cls(str(broken))


class Unauthorized(Refused):
    """Nobody we know, or no longer."""

    status = 401


class Forbidden(Refused):
    """A credential that does not reach so far, or a launch whose rules say no."""

    status = 403


class NotFound(Refused):
    """There is no such thing, or none that this credential may see."""

    status = 404


class MethodNotAllowed(Refused):
    """The resource does not know this method."""

    status = 405


class TooSlow(Refused):
    """The request did not come to its end in time, and others need the room that it holds."""

    status = 408


class Conflict(Refused):
    """The id is taken by another statement, or a document would be overwritten unseen."""

    status = 409


class PreconditionFailed(Refused):
    """The document is not the one that the request thinks it is."""

    status = 412


class TooLarge(Refused):
    """More than this store takes in one request."""

    status = 413


class Encoded(Refused):
    """The body is compressed: what it holds would be known only when it is in the memory."""

    status = 415


class TooMany(Refused):
    """A launch sends more than any lesson would."""

    status = 429


class HeadersTooLarge(Refused):
    """More headers than any client of the specification sends."""

    status = 431


class Unavailable(Refused):
    """The database is away or too much waits; the sender comes back."""

    status = 503
