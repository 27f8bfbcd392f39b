"""Item banks from which tests of courses draw, and what can be drawn from them."""

from collections.abc import Collection

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from courses.catalogue.contents import BankDraw
from courses.catalogue.models import Unit
from courses.studio.models import CourseBank
from exams.bank.models import ItemBank, ItemStatus, ItemVersion
from learning.people import audit
from learning.people.models import Person


def open_banks() -> QuerySet[ItemBank]:
    """Return the banks from which tests of courses may draw, each with how many items are approved."""
    return _counted().filter(course_bank__isnull=False)


def all_banks() -> QuerySet[ItemBank]:
    """Return all banks, each with how many items are approved."""
    return _counted().select_related("course_bank")


def bank_of(unit: Unit) -> ItemBank | None:
    """Return the bank from which a test draws; None for what draws from none."""
    draw = unit.content.get("draw")
    return ItemBank.objects.filter(code=draw["bank"]).first() if draw else None


def _counted() -> QuerySet[ItemBank]:
    return ItemBank.objects.annotate(
        approved=Count("items__versions", filter=Q(items__versions__status=ItemStatus.APPROVED))
    ).order_by("code")


@transaction.atomic
def set_open_banks(wanted: Collection[int], *, actor: Person) -> None:
    """Open these banks to tests of courses, and close all others; tests that draw already go on."""
    for opened in CourseBank.objects.exclude(bank__in=wanted).select_related("bank"):
        audit.record(actor, "studio.bank_closed", opened.bank, code=opened.bank.code)
        opened.delete()
    for bank in ItemBank.objects.filter(pk__in=wanted, course_bank__isnull=True):
        CourseBank.objects.create(bank=bank, opened_by=actor)
        audit.record(actor, "studio.bank_opened", bank, code=bank.code)


def count_drawable(draw: BankDraw) -> int:
    """Return how many questions there are to draw from: approved ones."""
    items = ItemVersion.objects.filter(item__bank__code=draw.bank, status=ItemStatus.APPROVED)
    if draw.topics:
        items = items.filter(topic__code__in=draw.topics)
    return items.count()
