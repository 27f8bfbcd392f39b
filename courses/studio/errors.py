"""What the rules of the studio can say no to."""

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from learning.errors import DomainError
from learning.people.rosters import CheckExpired


class WrongStep(DomainError):
    """The version is not in the state that the step starts from."""

    code = "studio_wrong_step"

    def __init__(self, status: str | Promise) -> None:
        super().__init__(
            _("This version is now “%(status)s”, so this step is not open. Look at the version again.")
            % {"status": status}
        )


class ChangedMeanwhile(DomainError):
    """Somebody changed what was being changed."""

    code = "studio_changed_meanwhile"
    message = gettext_lazy(
        "Somebody changed this after you opened it. Nothing was overwritten: "
        "compare with what it says now, then save again."
    )


class OrderImpossible(DomainError):
    """A unit would come before the one that opens it."""

    code = "studio_order_impossible"
    status = 422

    def __init__(self, unit: str, opener: str) -> None:
        super().__init__(
            _("“%(unit)s” opens only after “%(opener)s”, so it has to come after it.")
            % {"unit": unit, "opener": opener}
        )


class InvalidUnit(DomainError):
    """What was written cannot be a unit."""

    code = "studio_invalid_unit"
    status = 422
    message: str | Promise = gettext_lazy("This cannot be a unit.")


class NotReady(DomainError):
    """The version lacks something that learners or reviewers need; `problems` says what."""

    code = "studio_not_ready"
    status = 422

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__(" ".join([_("This version cannot be submitted yet."), *problems]))


class RuleImpossible(DomainError):
    """What people learn in would be completed by nobody, or by everybody; `problems` says why."""

    code = "studio_rule_impossible"
    status = 422

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__(" ".join(problems))


class NoReviewers(DomainError):
    """Nobody is named who could review the version."""

    code = "studio_no_reviewers"
    status = 422
    message: str | Promise = gettext_lazy(
        "The agency has not named anybody who could review this version. Name the reviewers first."
    )

    def __init__(self, stage: str = "") -> None:
        super().__init__(
            _(
                "Nobody is left to review in the stage “%(stage)s”: who has worked on this version "
                "does not review it. Name somebody else."
            )
            % {"stage": stage}
            if stage
            else None
        )


class NotYourTurn(DomainError):
    """The person reviews in another stage, or has decided, or not at all."""

    code = "studio_not_your_turn"
    status = 403
    message = gettext_lazy("It is not your turn to decide on this version.")


class OwnWork(DomainError):
    """Somebody who worked on a version would review it."""

    code = "studio_own_work"
    status = 403
    message = gettext_lazy("Who has worked on a version does not review it.")


class ReviewsAlready(DomainError):
    """Somebody would be named twice in a stage."""

    code = "studio_reviews_already"
    message = gettext_lazy("This person reviews in this stage already. Name somebody else.")


class NoteNeeded(DomainError):
    """Asking for changes without a word helps nobody."""

    code = "studio_note_needed"
    status = 422
    message = gettext_lazy("Write what should be changed, in the note or in a comment.")


class CommentsClosed(DomainError):
    """The version has been published; nobody reads comments on it any more."""

    code = "studio_comments_closed"
    message = gettext_lazy("This version has been published, so comments on it are closed.")


class InvalidReviewers(DomainError):
    """The stages of an agency's review cannot be these."""

    code = "studio_invalid_reviewers"
    status = 422
    message: str | Promise = gettext_lazy("These stages cannot be kept.")


class BankNotOpen(DomainError):
    """Courses of the agency may not draw from the bank."""

    code = "studio_bank_not_open"
    status = 422
    message = gettext_lazy("Courses cannot draw questions from this item bank.")


class TooLate(DomainError):
    """A date of publication lies in the past."""

    code = "studio_date_in_the_past"
    status = 422
    message = gettext_lazy("This moment has passed. Choose a later one, or publish now.")


class TableCheckExpired(CheckExpired):
    """The confirmation of a list came too late, or from elsewhere."""

    code = "studio_check_expired"
    message = gettext_lazy("This check of the table is no longer valid. Upload the file again.")
