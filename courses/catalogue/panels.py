"""What the catalogue puts on the portal's pages."""

from collections import Counter

from django.http import HttpRequest

from courses.catalogue import listing
from courses.catalogue.models import Category
from courses.catalogue.searching import Facet


def home(request: HttpRequest) -> dict[str, object] | None:  # noqa: ARG001
    """Show the search box and the categories with their courses; nothing before there is a course."""
    entries = listing.current().entries.values()
    counts = Counter(entry.values[Facet.CATEGORY][0] for entry in entries)
    categories = [(each.value, each.label, counts[each.value]) for each in Category if counts[each.value]]
    return {"categories": categories, "count": len(entries)} if entries else None
