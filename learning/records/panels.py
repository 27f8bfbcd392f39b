"""Our block on the staff page."""

from django.http import HttpRequest

from learning.records.services.explorer import destinations_failing, outbox_counts


def staff(request: HttpRequest) -> dict[str, object]:
    """Lead to the records; whoever keeps the store running sees what could not be delivered."""
    may_operate = request.user.has_perm("records.operate")
    return {
        "may_operate": may_operate,
        "failed": outbox_counts()["failed"] if may_operate else 0,
        "failing": destinations_failing() if may_operate else 0,
    }
