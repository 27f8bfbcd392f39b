"""From draft to publication: which step leads where, and what the verdicts of reviewers come to. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _

from courses.catalogue.models import VersionStatus
from courses.studio.errors import WrongStep


class Step(StrEnum):
    """What can happen to a version."""

    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    BEGIN = "begin"
    ASK_CHANGES = "ask-changes"
    APPROVE = "approve"
    REOPEN = "reopen"
    PUBLISH = "publish"


# Whatever is not here is refused. A published version retires when the next one is published.
MOVES = {
    (VersionStatus.DRAFT, Step.SUBMIT): VersionStatus.SUBMITTED,
    (VersionStatus.CHANGES_ASKED, Step.SUBMIT): VersionStatus.SUBMITTED,
    # Only until a reviewer has begun: nobody reads for nothing.
    (VersionStatus.SUBMITTED, Step.WITHDRAW): VersionStatus.DRAFT,
    (VersionStatus.SUBMITTED, Step.BEGIN): VersionStatus.IN_REVIEW,
    (VersionStatus.IN_REVIEW, Step.ASK_CHANGES): VersionStatus.CHANGES_ASKED,
    (VersionStatus.IN_REVIEW, Step.APPROVE): VersionStatus.APPROVED,
    # A slip found after approval: corrected, and reviewed again.
    (VersionStatus.APPROVED, Step.REOPEN): VersionStatus.DRAFT,
    (VersionStatus.APPROVED, Step.PUBLISH): VersionStatus.PUBLISHED,
}


def after(status: str, step: Step) -> VersionStatus:
    """Return the status after a step. Raises WrongStep."""
    try:
        return MOVES[VersionStatus(status), step]
    except KeyError:
        raise WrongStep(VersionStatus(status).label) from None


def is_open(status: str, step: Step) -> bool:
    """Say whether the step can be taken."""
    return (VersionStatus(status), step) in MOVES


class Verdict(models.TextChoices):
    """What a reviewer decided."""

    APPROVE = "approve", _("Approves")
    CHANGES = "changes", _("Asks for changes")


class Quorum(models.TextChoices):
    """Whose approval a stage needs."""

    ALL = "all", _("All of them")
    ANY = "any", _("Any one of them")


class Outcome(StrEnum):
    """What the verdicts come to."""

    OPEN = "open"
    APPROVED = "approved"
    CHANGES_ASKED = "changes_asked"


@dataclass(frozen=True)
class StageView:
    """A stage: whose approval it needs, and one verdict for each reviewer, "" where none was given."""

    quorum: str
    verdicts: tuple[str, ...]


def weigh(stage: StageView) -> Outcome:
    """Return what a stage comes to. Who asks for changes is heard at once, whatever others say."""
    if Verdict.CHANGES in stage.verdicts:
        return Outcome.CHANGES_ASKED
    approvals = [verdict == Verdict.APPROVE for verdict in stage.verdicts]
    enough = any(approvals) if stage.quorum == Quorum.ANY else bool(approvals) and all(approvals)
    return Outcome.APPROVED if enough else Outcome.OPEN


def stand(stages: Sequence[StageView]) -> tuple[Outcome, int | None]:
    """Return what a review comes to, and the place of the stage whose turn it is while it is open."""
    for place, stage in enumerate(stages):
        outcome = weigh(stage)
        if outcome is Outcome.OPEN:
            return outcome, place
        if outcome is Outcome.CHANGES_ASKED:
            return outcome, None
    return (Outcome.APPROVED if stages else Outcome.OPEN), None
