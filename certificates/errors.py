"""What can be refused about certificates."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from learning.errors import DomainError

if TYPE_CHECKING:
    from certificates.models import Certificate


class UnknownKind(DomainError):
    """No such kind of certificate; the exception's text names it."""

    code = "certificate_unknown_kind"
    status = 400
    message = _("There is no such kind of certificate.")

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind


class FactsInvalid(DomainError):
    """The facts do not fit the kind; `detail` says which one and why, for the log."""

    code = "certificate_facts_invalid"
    status = 400
    message = _("The certificate cannot be issued because a fact on it is missing or wrong.")

    def __init__(self, detail: str) -> None:
        super().__init__()
        self.detail = detail
        self.add_note(detail)


class NotValid(DomainError):
    """A certificate that was revoked or superseded was to be revoked, replaced or printed."""

    code = "certificate_not_valid"
    message = _("The certificate has been revoked or superseded, so this cannot be done.")


class ReasonMissing(DomainError):
    """A certificate was to lose its validity without a reason."""

    code = "certificate_reason_missing"
    status = 400
    message = _("State the reason.")


class CannotBeSet(DomainError):
    """A certificate has a character that the font lacks."""

    code = "certificate_cannot_be_set"

    def __init__(self, certificate: "Certificate", text: str) -> None:
        super().__init__(
            format_lazy(
                _(
                    "Certificate {number} cannot be printed: the font does not have “{text}”. Replace the "
                    "certificate by one with the name spelt correctly."
                ),
                number=certificate.register_number,
                text=text,
            )
        )
        self.certificate = certificate


class UnknownCode(DomainError):
    """No certificate has the code."""

    code = "certificate_unknown_code"
    status = 404
    message = _("No certificate has this code. Compare it with the 16 characters on the certificate.")


class TooManyAttempts(DomainError):
    """A stranger guessed too often."""

    code = "certificate_too_many_attempts"
    status = 429

    def __init__(self, wait: timedelta) -> None:
        super().__init__(
            format_lazy(
                _("Too many attempts that did not match. Wait {minutes} minutes and try again."),
                minutes=int(wait.total_seconds() // 60),
            )
        )


class NothingSelected(DomainError):
    """A print run without certificates."""

    code = "certificate_nothing_selected"
    status = 400
    message = _("Choose at least one certificate to print.")


class RunTooLong(DomainError):
    """A print run with more pages than one file holds."""

    code = "certificate_run_too_long"
    status = 400

    def __init__(self, count: int, limit: int) -> None:
        super().__init__(
            format_lazy(
                _(
                    "{count} certificates were chosen and one file holds at most {limit}. Narrow the search, "
                    "for example by year or status, and print in parts."
                ),
                count=count,
                limit=limit,
            )
        )
