"""What a bank holds, counted."""

from dataclasses import dataclass

from django.db.models import Count

from exams.bank.models import Difficulty, ItemBank, ItemStatus, ItemVersion, Topic


@dataclass(frozen=True)
class Cell:
    """How many versions of one topic, status and difficulty there are."""

    status: str
    difficulty: str
    count: int


@dataclass(frozen=True)
class CountRow:
    """One topic, or all of them where `topic` is None: a cell per status and difficulty, in that order."""

    topic: Topic | None
    cells: list[Cell]


def count_table(bank: ItemBank) -> list[CountRow]:
    """Return a row per topic and one for all together; two queries."""
    grouped = (
        ItemVersion.objects.filter(item__bank=bank)
        .order_by()
        .values_list("topic", "status", "difficulty")
        .annotate(count=Count("pk"))
    )
    counts = {(topic, status, difficulty): count for topic, status, difficulty, count in grouped}
    topics = list(bank.topics.all())

    def cells(*among: Topic) -> list[Cell]:
        return [
            Cell(status, difficulty, sum(counts.get((t.pk, status, difficulty), 0) for t in among))
            for status in ItemStatus.values
            for difficulty in Difficulty.values
        ]

    return [*(CountRow(topic, cells(topic)) for topic in topics), CountRow(None, cells(*topics))]


def status_counts(bank: ItemBank) -> dict[str, int]:
    """Return how many versions there are per status, none left out; one query."""
    grouped = (
        ItemVersion.objects.filter(item__bank=bank)
        .order_by()
        .values_list("status")
        .annotate(count=Count("pk"))
    )
    return dict.fromkeys(ItemStatus.values, 0) | dict(grouped)
