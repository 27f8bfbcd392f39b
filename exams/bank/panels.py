"""What the item bank shows on portal pages."""

from django.db.models import Count, Q
from django.http import HttpRequest

from exams.bank.models import ItemBank, ItemStatus


def staff_panel(_request: HttpRequest) -> dict[str, object] | None:
    """Give the staff page each bank with how many versions wait for review, for approval, and are in use."""

    def count(status: ItemStatus) -> Count:
        return Count("items__versions", filter=Q(items__versions__status=status))

    banks = ItemBank.objects.annotate(
        drafts=count(ItemStatus.DRAFT),
        reviewed=count(ItemStatus.REVIEWED),
        approved=count(ItemStatus.APPROVED),
    )
    return {"banks": banks} if banks else None
