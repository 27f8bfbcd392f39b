"""What the tests of pages share."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone


def statuses(client, path: str, *persons: object, method: str = "get") -> list[int]:
    """The status of the page for each person; None is nobody signed in."""
    statuses = []
    for person in persons:
        client.logout()
        if person is not None:
            client.force_login(person)
        statuses.append(getattr(client, method)(path).status_code)
    return statuses


def window_form(**changes: object) -> dict[str, object]:
    day = timezone.localdate() + timedelta(days=3)
    typed = f"{day.day}/{day.month}/{day.year + 543}"
    values = {
        "name": "รอบใหม่",
        "opens_on": typed,
        "opens_at": "08:30",
        "closes_on": typed,
        "closes_at": "16:30",
    }
    return values | changes
