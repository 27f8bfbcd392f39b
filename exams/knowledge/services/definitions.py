"""Tests and their dated definitions. A definition is never edited; a new one supersedes it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Count, Sum
from django.db.models.query import QuerySet
from django.utils.translation import gettext_lazy as _

from exams.bank.models import ItemBank, ItemStatus, ItemVersion, Topic
from exams.knowledge.errors import NoDefinition
from exams.knowledge.models import DefinitionRule, KnowledgeTest, Reveal, TestDefinition
from exams.papers.assembly import DrawRule, NotEnoughItems, PoolItem, Shortage, shortages
from exams.papers.services import NothingToDraw
from learning.people import audit
from learning.people.models import Person

# The platform's own figures: no official item count, time or pass mark could be found.
DEFAULT_ITEMS = 50
DEFAULT_MINUTES = 60
DEFAULT_PASS_PERCENT = Decimal(60)
DEFAULT_SOURCE = _("The platform's own default; no official figures were found")

# A rule's place in the table: topic and difficulty, where "" is any.
Cell = tuple[int, str]


@dataclass(frozen=True)
class Rules:
    """Everything a definition says, as typed by an officer."""

    effective_from: date
    minutes: int
    pass_percent: Decimal
    max_attempts: int
    retry_wait_hours: int
    shuffle_items: bool
    shuffle_options: bool
    show_score: bool
    reveal: Reveal
    source: str
    items: Mapping[Cell, int]


def available(bank: ItemBank) -> dict[Cell, int]:
    """Return how many approved items the bank has per topic and difficulty; one query."""
    rows = (
        ItemVersion.objects.filter(item__bank=bank, status=ItemStatus.APPROVED)
        .order_by()
        .values_list("topic_id", "difficulty")
        .annotate(count=Count("pk"))
    )
    return {(topic, difficulty): count for topic, difficulty, count in rows}


def find_shortages(bank: ItemBank, items: Mapping[Cell, int]) -> list[Shortage]:
    """Return every cell that asks for more than the bank has, by the rules that papers are drawn by."""
    pool = [
        PoolItem(version=0, topic=topic, difficulty=difficulty, options=0)
        for (topic, difficulty), count in available(bank).items()
        for _ in range(count)
    ]
    return shortages(pool, [DrawRule(topic, difficulty, n) for (topic, difficulty), n in items.items() if n])


def spread(bank: ItemBank, total: int = DEFAULT_ITEMS) -> dict[Cell, int]:
    """Return a default table: `total` items of any difficulty, over the topics as the bank is.

    Largest remainders, so that the counts add up; fewer only when the bank itself has fewer.
    """
    per_topic: Counter[int] = Counter()
    for (topic, _difficulty), count in available(bank).items():
        per_topic[topic] += count
    stock = sum(per_topic.values())
    total = min(total, stock)
    shares = {topic: divmod(total * count, stock) for topic, count in per_topic.items()}
    counts = {topic: whole for topic, (whole, _rest) in shares.items()}
    leftover = total - sum(counts.values())
    for topic in sorted(shares, key=lambda t: (-shares[t][1], t))[:leftover]:
        counts[topic] += 1
    return {(topic, ""): count for topic, count in counts.items() if count}


def current(test: KnowledgeTest, on: date) -> TestDefinition | None:
    """Return the definition in force on a day: the latest effective one, the later made of two."""
    return test.definitions.filter(effective_from__lte=on).order_by("-effective_from", "-pk").first()


def with_item_counts(
    rows: "QuerySet[TestDefinition, TestDefinition]",
) -> "QuerySet[TestDefinition, TestDefinition]":
    """Add `items`, the number of items on a form, to each definition."""
    # The order is said again: rows grouped for a sum come in no order of their model's.
    return rows.annotate(items=Sum("rules__count")).order_by("-effective_from", "-pk")


def in_force(test: KnowledgeTest, on: date) -> TestDefinition:
    """Return the definition in force on a day. Raises NoDefinition."""
    definition = current(test, on)
    if definition is None:
        raise NoDefinition
    return definition


@transaction.atomic
def create_test(fields: Mapping[str, object], *, actor: Person) -> KnowledgeTest:
    """Create a test; it can be used once it has a definition."""
    test = KnowledgeTest.objects.create(**fields)
    audit.record(actor, "knowledge.test_created", test, code=test.code)
    return test


@transaction.atomic
def define(test: KnowledgeTest, rules: Rules, *, actor: Person | None) -> TestDefinition:
    """Make a definition. Raises NothingToDraw, and NotEnoughItems naming topic, wanted and available."""
    items: Sequence[tuple[Cell, int]] = [(cell, count) for cell, count in rules.items.items() if count]
    if not items:
        raise NothingToDraw
    if short := find_shortages(test.bank, rules.items):
        names: dict[int | str, str] = dict(Topic.objects.filter(bank=test.bank).values_list("pk", "name_th"))
        raise NotEnoughItems(short, names)
    definition = TestDefinition.objects.create(
        test=test,
        effective_from=rules.effective_from,
        minutes=rules.minutes,
        pass_percent=rules.pass_percent,
        max_attempts=rules.max_attempts,
        retry_wait_hours=rules.retry_wait_hours,
        shuffle_items=rules.shuffle_items,
        shuffle_options=rules.shuffle_options,
        show_score=rules.show_score,
        reveal=rules.reveal,
        source=rules.source,
        created_by=actor,
    )
    DefinitionRule.objects.bulk_create(
        DefinitionRule(definition=definition, topic_id=topic, difficulty=difficulty, count=count)
        for (topic, difficulty), count in items
    )
    audit.record(
        actor, "knowledge.definition_made", definition, test=test.code, items=sum(n for _cell, n in items)
    )
    return definition


def items_of(definition: TestDefinition) -> dict[Cell, int]:
    """Return a definition's table of items."""
    return {
        (topic, difficulty): count
        for topic, difficulty, count in definition.rules.values_list("topic_id", "difficulty", "count")
    }


def draw_rules(definition: TestDefinition) -> list[DrawRule]:
    """Return a definition's rules for drawing a paper, in the order of the bank's topics."""
    rows = definition.rules.order_by("topic__order", "pk").values_list("topic_id", "difficulty", "count")
    return [DrawRule(*row) for row in rows]
