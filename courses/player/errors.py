"""What the rules of the player can say no to."""

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from learning.errors import DomainError
from learning.portal.templatetags.portal import thai_datetime


class VersionNotLearnable(DomainError):
    """Nobody can be registered for a version that was never published."""

    code = "version_not_learnable"
    message = _("This version of the course has not been published, so it cannot be learnt yet.")


class SessionTaken(DomainError):
    """The course is being learnt on another device, which took it over."""

    code = "session_taken"
    message = _(
        "This course is now open on another device. What you had done here is kept. "
        "To go on here, open the course again and take it over."
    )


class NotAPreview(DomainError):
    """Only what was done in a preview can be thrown away."""

    code = "not_a_preview"
    message = _("Only a preview can be started again from the beginning.")


class UnitClosed(DomainError):
    """The unit is not open to this learner now; the subclasses say why."""

    code = "unit_closed"
    status = 403


class NotYetOpen(UnitClosed):
    """The access window has not begun."""

    code = "not_yet_open"

    def __init__(self, opens_at: datetime) -> None:
        when = thai_datetime(timezone.localtime(opens_at))
        super().__init__(_("The lessons open on %(when)s.") % {"when": when})


class NoLongerOpen(UnitClosed):
    """The access window is over."""

    code = "no_longer_open"

    def __init__(self, closes_at: datetime) -> None:
        when = thai_datetime(timezone.localtime(closes_at))
        super().__init__(
            _("The time for learning ended on %(when)s. What you did stays on record.") % {"when": when}
        )


class OpensAfter(UnitClosed):
    """Another unit has to be completed first."""

    code = "opens_after"

    def __init__(self, title: str) -> None:
        super().__init__(_("This unit opens when you have completed “%(title)s”.") % {"title": title})


class ReportUnreadable(DomainError):
    """A report of learning time is not one."""

    code = "report_unreadable"
    status = 422
    message = _("This report of learning time cannot be read. Reload the page.")


class TooManyReports(DomainError):
    """A learner's browser sends more than any player would."""

    code = "too_many_reports"
    status = 429
    message = _(
        "Too much was sent within a minute. Wait a moment; what was kept on this device is sent again."
    )


class NoTriesLeft(DomainError):
    """All tries of a test have been used."""

    code = "no_tries_left"
    message = _("You have used all the tries of this test. Your best result counts.")


class AttemptOver(DomainError):
    """The attempt has been submitted, by the learner or because its time was over."""

    code = "attempt_over"
    message = _("This attempt is over and its answers are kept. See the result on the page of the test.")


class NoSuchAnswer(DomainError):
    """An answer names a question or an option that is not there."""

    code = "no_such_answer"
    status = 422
    message = _("This answer names a question or an option that is not in the test. Reload the page.")


class TestUnusable(DomainError):
    """A test has no questions that could be asked."""

    # Not a test of this code.
    __test__ = False

    code = "test_unusable"
    message = _(
        "This test has not enough approved questions now. Please tell the office that offers the course."
    )


class AlreadyAnswered(DomainError):
    """A survey is answered once."""

    code = "already_answered"
    message = _("You have already answered this survey. Thank you.")


class NoSuchItem(DomainError):
    """A package has no item of this name that could be started."""

    code = "no_such_item"
    status = 404
    message = _("This lesson is not in the package. Go back to the unit and choose one from its contents.")


class ItemLocked(DomainError):
    """Other items of the package come first."""

    code = "item_locked"
    status = 403
    message = _("This lesson opens when you have completed the lessons of the package that come before it.")


class ItemNeeds(ItemLocked):
    """Rules of the package ask for what other items reach."""

    code = "item_needs"

    def __init__(self, titles: Sequence[str]) -> None:
        shown = ", ".join(f"“{title}”" for title in titles)
        super().__init__(_("This lesson depends on your result in %(titles)s.") % {"titles": shown})


class ItemLockedByRules(ItemLocked):
    """Rules of the package keep an item closed for another reason."""

    code = "item_locked_by_rules"
    message = _("The rules of this package keep this lesson closed at the moment.")


class NoAttemptsLeft(ItemLocked):
    """Rules of the package let an item be begun so often only."""

    code = "no_attempts_left"
    message = _("This lesson can only be taken a limited number of times, and you have used them all.")


class ItemsInOrder(ItemLocked):
    """Items are not chosen but come one after another."""

    code = "items_in_order"
    message = _("The lessons of this package come in their order. Go on from the lesson that is open.")


class OnlyForward(ItemLocked):
    """The items of a part are gone through once, in one direction."""

    code = "only_forward"
    message = _("This part goes only forward, so there is no way back to this lesson.")


class FinishFirst(ItemLocked):
    """The item that is open, or its part, may not be left for another one yet."""

    code = "finish_first"
    message = _("Finish the lesson that is open first; then this one opens.")


class NothingThere(ItemLocked):
    """A package has nothing where content or its learner wants to go."""

    code = "nothing_there"
    message = _("The package has no lesson there. Choose one from its contents.")


class LaunchEnded(DomainError):
    """A package was opened in another window since, or too long ago."""

    code = "launch_ended"
    status = 410
    message = _(
        "This lesson was opened in another window, or has been open for too long. Open it again to go on."
    )


class CommitUnreadable(DomainError):
    """A run-time sent something that is no message."""

    code = "commit_unreadable"
    status = 400
    message = _("The lesson sent something that cannot be read.")


class CommitTooLarge(DomainError):
    """A run-time sent more than any standard allows content to keep."""

    code = "commit_too_large"
    status = 413
    message = _(
        "The lesson wants to keep more than is allowed. Please tell the office that offers the course."
    )


class CommitFromElsewhere(DomainError):
    """A page that is not on the content origin speaks to the run-time's address."""

    code = "commit_from_elsewhere"
    status = 403
    message = _("Lessons are only taken from the address that the platform serves them at.")


class NothingToWaive(DomainError):
    """A learner is excused only from an assignable unit of cmi5 that is not satisfied yet."""

    code = "nothing_to_waive"
    message = _("The learner has completed this lesson meanwhile, or nobody can be excused from it.")


class NotMarkedByHand(DomainError):
    """A package that reports itself when it is completed is not marked as done by its learner."""

    code = "not_marked_by_hand"
    message = _("This lesson says itself when it is completed. Work through it to its end.")
