"""What the rules of results can say no to."""

from django.utils.translation import gettext_lazy as _

from learning.errors import DomainError


class RoundNotConcluded(DomainError):
    """The results of the round are not there yet."""

    code = "round_not_concluded"
    message = _("The results of this round have not been worked out yet.")


class PassMarkMissing(DomainError):
    """A subject has no pass mark for a level that somebody is examined at."""

    code = "pass_mark_missing"
    message = _(
        "A subject of this examination has no pass mark for a level at which somebody was examined. "
        "Results are worked out when the pass mark has been entered."
    )


class PaperDoesNotFit(DomainError):
    """A paper's sections are not the examination's subjects."""

    code = "paper_does_not_fit"
    status = 500
    message = _(
        "The sections of a paper do not match the subjects of the examination, so its marks mean nothing. "
        "Tell the person in charge of the papers."
    )


class AlreadyReleased(DomainError):
    """Candidates have seen the results."""

    code = "results_already_released"
    message = _("These results have been released, so their date stays.")


class ReasonNeeded(DomainError):
    """Keeping a result back, and giving it free, needs a reason."""

    code = "reason_needed"
    status = 422
    message = _("Give a reason. It is kept in the audit log.")


class WithheldAlready(DomainError):
    """The result is withheld, or free, already."""

    code = "withheld_already"
    message = _("Somebody has changed this result meanwhile. Look at it again.")


class StillAltered(DomainError):
    """The journal still does not match its hashes."""

    code = "journal_altered"
    message = _(
        "The journal of this sitting still does not match its hashes, so it cannot be marked. "
        "Restore it from a backup first."
    )


class NotAReceipt(DomainError):
    """What was given is not a receipt in JSON."""

    code = "not_a_receipt"
    status = 422
    message = _(
        "This is not a receipt. Choose the file that was downloaded with the receipt, "
        "or paste all of its text."
    )
