"""The steps in an item's life as pages offer them: who may take one, from which status, with which words."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from exams.bank import services
from exams.bank.models import ItemStatus, ItemVersion
from learning.people.models import Person


@dataclass(frozen=True)
class Step:
    """One step: `take` gets the version, the person, the revision they saw and their note."""

    name: str
    permission: str
    statuses: tuple[str, ...]
    title: Promise
    consequence: Promise
    button: Promise
    done: Promise
    take: Callable[[ItemVersion, Person, int, str], ItemVersion]
    note_label: Promise | None = None
    is_note_needed: bool = False
    is_destructive: bool = False


_ALL = (
    Step(
        name="review",
        permission="bank.review_version",
        statuses=(ItemStatus.DRAFT,),
        title=_("Confirm the review"),
        consequence=_(
            "You state that the key is right, no other option is, and the section and the wording are right."
        ),
        button=_("Confirm the review"),
        done=_("The review is recorded."),
        take=lambda version, person, revision, note: services.review(
            version, reviewer=person, revision=revision, note=note
        ),
        note_label=_("Note for the approver"),
    ),
    Step(
        name="approve",
        permission="bank.approve_version",
        statuses=(ItemStatus.REVIEWED,),
        title=_("Approve for use"),
        consequence=_(
            "From now on papers may draw this version. An older approved version of the item retires."
        ),
        button=_("Approve for use"),
        done=_("The version is approved and in use."),
        take=lambda version, person, revision, _note: services.approve(
            version, approver=person, revision=revision
        ),
    ),
    Step(
        name="send-back",
        permission="bank.review_version",
        statuses=services.IN_WORK,
        title=_("Send back to the author"),
        consequence=_("The version becomes a draft again. The author reads your note and corrects it."),
        button=_("Send back"),
        done=_("The version went back to its author."),
        take=lambda version, person, revision, note: services.send_back(
            version, reviewer=person, revision=revision, note=note
        ),
        note_label=_("What should be changed"),
        is_note_needed=True,
    ),
    Step(
        name="retire",
        permission="bank.retire_version",
        statuses=(*services.IN_WORK, ItemStatus.APPROVED),
        title=_("Retire"),
        consequence=_(
            "No new paper draws this version, and this cannot be undone. Papers made from it keep it."
        ),
        button=_("Retire the version"),
        done=_("The version is retired."),
        take=lambda version, person, revision, note: services.retire(
            version, actor=person, revision=revision, reason=note
        ),
        note_label=_("Reason"),
        is_note_needed=True,
        is_destructive=True,
    ),
)
STEPS = {step.name: step for step in _ALL}


def open_steps(version: ItemVersion, person: Person) -> list[Step]:
    """Return the steps that this person may take on the version now."""
    return [
        step for step in _ALL if version.status in step.statuses and person.has_perm(step.permission, version)
    ]
