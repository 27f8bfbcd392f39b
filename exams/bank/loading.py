"""Load the item banks that come with the platform (``exams/bank/data/<code>/``).

The files are content under review like code is: a bank's folder holds one list of items per topic, and
``docs/reviews/`` records who checked them. Loading is idempotent: what has not changed is not touched, and
a changed item comes in as a new approved version, so that papers made from the old one keep it. An item
that somebody here has written a version of, or retired, is theirs and is left alone.
"""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from exams.bank import services
from exams.bank.content import Content, Problem, approval_problems, problems, tidied
from exams.bank.errors import InvalidItem, SecondPersonNeeded, UnknownBankData
from exams.bank.models import Item, ItemBank, ItemStatus, ItemVersion, Language, Topic
from learning.people import audit
from learning.people.models import Person

DATA = Path(__file__).parent / "data"


class TopicData(msgspec.Struct, forbid_unknown_fields=True):
    """A topic of a bank; its items are in the file of its code."""

    code: str
    name_th: str
    name_en: str
    sections: tuple[int, int] | None = None


class BankData(msgspec.Struct, forbid_unknown_fields=True):
    """A bank as described in its ``bank.json``."""

    code: str
    name_th: str
    name_en: str
    topics: list[TopicData]
    max_section: int | None = None
    language: Language = Language.THAI


class ItemData(msgspec.Struct, forbid_unknown_fields=True):
    """An item as written in a topic's file; `key` counts from 0."""

    code: str
    topic: str
    difficulty: str
    stem: str
    options: list[str]
    key: int
    explanation: str
    section: int | None = None
    paragraph: str = ""
    # The name of a file in the bank's folder of figures, and what it shows in words.
    figure: str = ""
    figure_alt: str = ""


@dataclass(frozen=True)
class Loaded:
    """What loading did."""

    created: int
    revised: int
    unchanged: int


def read_bank(code: str, folder: Path = DATA) -> tuple[BankData, list[ItemData]]:
    """Read a bank's description and items. Raises UnknownBankData, msgspec.ValidationError."""
    path = folder / code / "bank.json"
    if not path.is_file():
        raise UnknownBankData(code)
    bank = msgspec.json.decode(path.read_bytes(), type=BankData)
    items = []
    for topic in bank.topics:
        items += msgspec.json.decode((path.parent / f"{topic.code}.json").read_bytes(), type=list[ItemData])
    return bank, items


def figure_file(code: str, entry: ItemData, folder: Path = DATA) -> Path:
    """Return the path of an item's figure."""
    return folder / code / "figures" / entry.figure


@transaction.atomic
def load_bank_data(
    code: str, *, author: Person, reviewer: Person, approver: Person | None = None, folder: Path = DATA
) -> Loaded:
    """Load a bank with its topics and approved items; the approver is the reviewer unless one is given.

    Raises UnknownBankData, InvalidItem, SecondPersonNeeded, UnfitFigure.
    """
    approver = approver or reviewer
    if author in {reviewer, approver}:
        raise SecondPersonNeeded
    data, items = read_bank(code, folder)
    bank = _bank(data)
    topics = {topic.code: topic.pk for topic in bank.topics.all()}
    sections = {topic.code: topic.sections for topic in data.topics}
    kept: dict[str, list[ItemVersion]] = defaultdict(list)
    for version in ItemVersion.objects.filter(item__bank=bank).select_related("item").order_by("number"):
        kept[version.item.code].append(version)
    people = {
        "author": author,
        "reviewed_by": reviewer,
        "approved_by": approver,
        "reviewed_at": timezone.now(),
        "approved_at": timezone.now(),
    }
    fresh: list[tuple[str, Content]] = []
    revised = 0
    for entry in items:
        figure = (
            services.keep_figure(figure_file(code, entry, folder).read_bytes()).pk if entry.figure else ""
        )
        content = _content(entry, figure, topics, sections.get(entry.topic), bank.max_section)
        if not (versions := kept[entry.code]):
            fresh.append((entry.code, content))
        elif _is_ours_and_old(versions, content, author):
            _replace(versions[-1].item, content, author=author, reviewer=reviewer, approver=approver)
            revised += 1
    _create(bank, fresh, people)
    return Loaded(len(fresh), revised, len(items) - len(fresh) - revised)


def _bank(data: BankData) -> ItemBank:
    bank, _created = ItemBank.objects.update_or_create(
        code=data.code,
        defaults={
            "name_th": data.name_th,
            "name_en": data.name_en,
            "max_section": data.max_section,
            "language": data.language,
        },
    )
    for order, topic in enumerate(data.topics):
        Topic.objects.update_or_create(
            bank=bank,
            code=topic.code,
            defaults={"name_th": topic.name_th, "name_en": topic.name_en, "order": order},
        )
    return bank


def _is_ours_and_old(versions: list[ItemVersion], content: Content, author: Person) -> bool:
    """Say whether the content is new and nobody but the loader has written a version since."""
    newest = versions[-1]
    return (
        newest.status == ItemStatus.APPROVED
        and newest.author_id == author.pk
        and all(services.content_of(version) != content for version in versions)
    )


def _content(
    entry: ItemData,
    figure: str,
    topics: dict[str, int],
    sections: tuple[int, int] | None,
    max_section: int | None,
) -> Content:
    content = tidied(
        Content(
            topic=topics.get(entry.topic),
            difficulty=entry.difficulty,
            stem=entry.stem,
            options=tuple(entry.options),
            key=entry.key,
            explanation=entry.explanation,
            section=entry.section,
            paragraph=entry.paragraph,
            figure=figure,
            figure_alt=entry.figure_alt,
        )
    )
    found = problems(content, topics=topics.values(), max_section=max_section) + approval_problems(content)
    if sections and entry.section is not None and not sections[0] <= entry.section <= sections[1]:
        found.append(Problem("section", _("The section lies outside the topic's part of the law.")))
    if found:
        raise InvalidItem(found, code=entry.code)
    return content


def _create(bank: ItemBank, fresh: list[tuple[str, Content]], people: dict[str, Any]) -> None:
    """Write all new items at once, and an audit entry for each."""
    made = Item.objects.bulk_create([Item(bank=bank, code=code) for code, _content in fresh])
    ItemVersion.objects.bulk_create(
        [
            ItemVersion(item=item, status=ItemStatus.APPROVED, **services.fields_of(content), **people)
            for item, (_code, content) in zip(made, fresh, strict=True)
        ]
    )
    for item in made:
        audit.record(people["author"], "bank.item_loaded", item, version=1)


def _replace(item: Item, content: Content, *, author: Person, reviewer: Person, approver: Person) -> None:
    version = services.revise(item, content, author=author)
    version = services.review(version, reviewer=reviewer, revision=version.revision)
    services.approve(version, approver=approver, revision=version.revision)
