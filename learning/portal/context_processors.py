"""What every page needs."""

from typing import Any

from django.http import HttpRequest

from learning.portal import registry


def portal(request: HttpRequest) -> dict[str, Any]:
    """Give templates the navigation for this person."""
    return {"navigation": registry.navigation(request)}
