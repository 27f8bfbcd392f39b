"""What every page needs."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from learning.portal import preferences, registry


def portal(request: HttpRequest) -> dict[str, Any]:
    """Give templates the navigation for this person, read only where it is drawn, and who runs the site."""
    return {
        "operator": {
            "name": settings.OPERATOR_NAME,
            "email": settings.OPERATOR_EMAIL,
            "phone": settings.OPERATOR_PHONE,
        },
        "navigation": SimpleLazyObject(lambda: registry.links(request)),
        "thai_numerals_chosen": preferences.thai_numerals_chosen(),
    }
