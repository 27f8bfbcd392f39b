"""Every change to an item: written, reviewed by a second person, approved, retired.

The state machine of a version::

    draft ──review──> reviewed ──approve──> approved ──retire──> retired
      ^                  │                                          ^
      ├──── send back ───┤                                          │
      └────── edit ──────┘          (draft, reviewed) ──retire──────┘

An approved version is never edited: `revise` makes a draft with the next number, the approved one stays
in use, and retires by itself when its successor is approved.
"""

import hashlib
from dataclasses import asdict
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from exams.bank import figures
from exams.bank.content import Content, Problem, approval_problems, problems, tidied
from exams.bank.errors import (
    CodeTaken,
    EditConflict,
    InvalidItem,
    NoteNeeded,
    NothingChanged,
    NotTheAuthor,
    SecondPersonNeeded,
    VersionInWork,
    WrongStatus,
)
from exams.bank.models import Figure, Item, ItemBank, ItemStatus, ItemVersion
from learning.people import audit
from learning.people.models import Person

IN_WORK = (ItemStatus.DRAFT, ItemStatus.REVIEWED)


def content_of(version: ItemVersion) -> Content:
    """Return what the version says."""
    return Content(
        topic=version.topic_id,
        difficulty=version.difficulty,
        stem=version.stem,
        options=tuple(version.options),
        key=version.key,
        explanation=version.explanation,
        section=version.section,
        paragraph=version.paragraph,
        figure=version.figure_id or "",
        figure_alt=version.figure_alt,
    )


def checked(bank: ItemBank, content: Content) -> Content:
    """Return the content tidied; raise InvalidItem when it cannot be kept even as a draft."""
    content = tidied(content)
    topics = bank.topics.values_list("pk", flat=True)
    found = problems(content, topics=topics, max_section=bank.max_section)
    if content.figure and not Figure.objects.filter(pk=content.figure).exists():
        message = _("This figure is not in the item bank. Choose the picture file again.")
        found.append(Problem("figure", message))
    if found:
        raise InvalidItem(found)
    return content


def fields_of(content: Content) -> dict[str, Any]:
    """Return the content as fields of ItemVersion."""
    fields = asdict(content)
    figure = fields.pop("figure") or None
    return fields | {
        "topic_id": fields.pop("topic"),
        "options": list(content.options),
        "figure_id": figure,
    }


def keep_figure(data: bytes) -> Figure:
    """Keep an uploaded picture, freed of what it does not draw; the same picture is kept once.

    Raises UnfitFigure.
    """
    picture = figures.examine(data)
    return Figure.objects.get_or_create(
        sha256=hashlib.sha256(picture.data).hexdigest(), defaults=asdict(picture)
    )[0]


def next_code(bank: ItemBank) -> str:
    """Return a code that no item of the bank has yet."""
    taken = set(bank.items.values_list("code", flat=True))
    number = len(taken) + 1
    while (code := f"{bank.code.upper()}-{number:04d}") in taken:
        number += 1
    return code


@transaction.atomic
def create_item(bank: ItemBank, content: Content, *, author: Person, code: str = "") -> ItemVersion:
    """Create an item with its first version, a draft. Raises InvalidItem, CodeTaken."""
    content = checked(bank, content)
    code = code.strip() or next_code(bank)
    try:
        with transaction.atomic():
            item = Item.objects.create(bank=bank, code=code)
    except IntegrityError as error:
        raise CodeTaken(code) from error
    version = ItemVersion.objects.create(item=item, author=author, **fields_of(content))
    audit.record(author, "bank.item_created", item, version=version.number)
    return version


@transaction.atomic
def edit(version: ItemVersion, content: Content, *, author: Person, revision: int) -> ItemVersion:
    """Change a draft or reviewed version in place; a review that was given is void.

    `revision` is the one the author saw. Raises NotTheAuthor, InvalidItem, WrongStatus, EditConflict.
    """
    if version.author_id != author.pk:
        raise NotTheAuthor
    content = checked(version.item.bank, content)
    _move(
        version,
        *IN_WORK,
        revision=revision,
        **fields_of(content),
        status=ItemStatus.DRAFT,
        reviewed_by=None,
        reviewed_at=None,
    )
    audit.record(author, "bank.item_edited", version.item, version=version.number)
    return version


@transaction.atomic
def revise(item: Item, content: Content, *, author: Person) -> ItemVersion:
    """Write the next version of an item whose versions are all approved or retired, as a draft.

    Raises InvalidItem, NothingChanged, VersionInWork.
    """
    content = checked(item.bank, content)
    newest = item.versions.order_by("-number").first()
    if newest is not None and newest.status == ItemStatus.APPROVED and content_of(newest) == content:
        raise NothingChanged
    number = (item.versions.aggregate(last=Max("number"))["last"] or 0) + 1
    try:
        with transaction.atomic():
            version = ItemVersion.objects.create(
                item=item, number=number, author=author, **fields_of(content)
            )
    except IntegrityError as error:
        raise VersionInWork from error
    audit.record(author, "bank.item_revised", item, version=number)
    return version


@transaction.atomic
def rewrite(
    item: Item, content: Content, *, author: Person, number: int | None, revision: int | None
) -> ItemVersion:
    """Save what was written over the version that the author saw, in place or as the next version.

    Raises EditConflict or VersionInWork when there is a newer version, and what `edit` and `revise` raise.
    """
    newest = item.versions.latest("number")
    is_in_work = newest.status in IN_WORK
    if newest.number != number:
        raise VersionInWork if is_in_work and newest.author_id != author.pk else EditConflict
    if is_in_work:
        return edit(newest, content, author=author, revision=-1 if revision is None else revision)
    return revise(item, content, author=author)


@transaction.atomic
def review(version: ItemVersion, *, reviewer: Person, revision: int, note: str = "") -> ItemVersion:
    """Record that a second person found the draft right.

    Raises SecondPersonNeeded, WrongStatus, EditConflict.
    """
    _need_second_person(version, reviewer)
    _move(
        version,
        ItemStatus.DRAFT,
        revision=revision,
        status=ItemStatus.REVIEWED,
        reviewed_by=reviewer,
        reviewed_at=timezone.now(),
        review_note=note.strip(),
    )
    audit.record(reviewer, "bank.item_reviewed", version.item, version=version.number, note=note.strip())
    return version


@transaction.atomic
def send_back(version: ItemVersion, *, reviewer: Person, revision: int, note: str) -> ItemVersion:
    """Give a draft or reviewed version back to its author with a note.

    Raises NoteNeeded, SecondPersonNeeded, WrongStatus, EditConflict.
    """
    _need_second_person(version, reviewer)
    if not note.strip():
        raise NoteNeeded
    _move(
        version,
        *IN_WORK,
        revision=revision,
        status=ItemStatus.DRAFT,
        reviewed_by=None,
        reviewed_at=None,
        review_note=note.strip(),
    )
    audit.record(reviewer, "bank.item_sent_back", version.item, version=version.number, note=note.strip())
    return version


@transaction.atomic
def approve(version: ItemVersion, *, approver: Person, revision: int) -> ItemVersion:
    """Put a reviewed version into use; the version it replaces retires.

    Raises SecondPersonNeeded, InvalidItem (without an explanation), WrongStatus, EditConflict.
    """
    _need_second_person(version, approver)
    if found := approval_problems(content_of(version)):
        raise InvalidItem(found)
    replaced = version.item.versions.filter(status=ItemStatus.APPROVED).exclude(pk=version.pk)
    # Before the other: an item never has two approved versions, not even for one statement.
    numbers = list(replaced.values_list("number", flat=True))
    replaced.update(status=ItemStatus.RETIRED)
    _move(
        version,
        ItemStatus.REVIEWED,
        revision=revision,
        status=ItemStatus.APPROVED,
        approved_by=approver,
        approved_at=timezone.now(),
    )
    audit.record(approver, "bank.item_approved", version.item, version=version.number, replaced=numbers)
    return version


@transaction.atomic
def retire(version: ItemVersion, *, actor: Person, revision: int, reason: str) -> ItemVersion:
    """Take a version out of use for good; papers made from it keep it.

    Raises NoteNeeded, WrongStatus, EditConflict.
    """
    if not reason.strip():
        raise NoteNeeded
    _move(
        version,
        *IN_WORK,
        ItemStatus.APPROVED,
        revision=revision,
        status=ItemStatus.RETIRED,
    )
    audit.record(actor, "bank.item_retired", version.item, version=version.number, note=reason.strip())
    return version


def _need_second_person(version: ItemVersion, person: Person) -> None:
    if version.author_id == person.pk:
        raise SecondPersonNeeded


def _move(version: ItemVersion, *expected: str, revision: int, **changes: Any) -> None:
    """Update the row if it is still as the person saw it; the loser of a race changes nothing."""
    rows = ItemVersion.objects.filter(pk=version.pk, status__in=expected, revision=revision)
    moved = rows.update(revision=revision + 1, **changes)
    version.refresh_from_db()
    if moved:
        return
    if version.status not in expected:
        raise WrongStatus(version.get_status_display())
    raise EditConflict
