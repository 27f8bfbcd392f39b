"""The address of a list: read into a question with filters, and what its filters are called on the page.

What cannot be read is left aside: a list is never refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from courses.catalogue.listing import Listing
from courses.catalogue.matching import LONGEST_QUESTION
from courses.catalogue.models import Category, TeachingLanguage
from courses.catalogue.searching import Asked, Facet, Found, Length, Offered, Sort
from learning import thai

Words = dict[str, str | Promise]

_LEGENDS: dict[Facet, Promise] = {
    Facet.CATEGORY: _("Category"),
    Facet.HOURS: _("Length"),
    Facet.OFFERED: _("Where it is taken"),
    Facet.LANGUAGE: _("Language"),
    Facet.AGENCY: _("Agency"),
}
_LENGTHS: Words = {
    Length.HOUR: _("Up to 1 hour"),
    Length.SHORT: _("Over 1 and up to 3 hours"),
    Length.MEDIUM: _("Over 3 and up to 6 hours"),
    Length.LONG: _("Over 6 hours"),
}
_PLACES: Words = {
    Offered.HERE: _("On this site"),
    Offered.PARTNER: _("On a partner's platform"),
    Offered.NOT_YET: _("Lessons not here yet"),
}
_SORTS: Words = {
    Sort.RELEVANCE: _("Best match first"),
    Sort.NEWEST: _("Newest first"),
    Sort.NAME: _("By name"),
    Sort.HOURS: _("Shortest first"),
}
_VALUES: dict[Facet, Words] = {
    Facet.CATEGORY: {each.value: each.label for each in Category},
    Facet.HOURS: _LENGTHS,
    Facet.OFFERED: _PLACES,
    Facet.LANGUAGE: {each.value: each.label for each in TeachingLanguage},
}


@dataclass(frozen=True)
class Option:
    """One value of a filter, and how many courses choosing it would leave."""

    value: str
    label: str | Promise
    count: int
    is_chosen: bool


@dataclass(frozen=True)
class Filter:
    """A filter as it is drawn."""

    name: str
    legend: Promise
    options: list[Option]

    @property
    def is_long(self) -> bool:
        """Whether a list to choose from fits better than a box to tick for each value."""
        return self.name == Facet.AGENCY


@dataclass(frozen=True)
class Chosen:
    """A value that was chosen, and the address of the list without it."""

    label: str | Promise
    query: str


def read(query: QueryDict, listing: Listing) -> Asked:
    """Return what an address asks for."""
    chosen = {}
    for facet in Facet:
        known = listing.agencies if facet == Facet.AGENCY else _VALUES[facet]
        chosen[facet] = frozenset(value for value in query.getlist(facet) if value in known)
    sort = query.get("sort", "")
    return Asked(
        text=thai.squeeze(query.get("q", "")[:LONGEST_QUESTION].replace("\0", "")),
        chosen=chosen,
        sort=Sort(sort) if sort in _SORTS else None,
    )


def filters(asked: Asked, found: Found, listing: Listing) -> Iterator[Filter]:
    """Yield the filters with their counts; agencies only where they have a course to show."""
    for facet in Facet:
        words = _agency_names(listing) if facet == Facet.AGENCY else _VALUES[facet]
        options = [
            Option(value, label, found.counts[facet][value], value in asked.chosen[facet])
            for value, label in words.items()
        ]
        if facet == Facet.AGENCY:
            options = [option for option in options if option.count or option.is_chosen]
        yield Filter(facet, _LEGENDS[facet], options)


def orders(asked: Asked) -> Iterator[tuple[str, str | Promise, bool]]:
    """Yield value, label and whether it is chosen of each order.

    The default has no value: sent with the next question, it must not stay what it was for this one.
    """
    default = Asked(asked.text).order
    for sort, label in _SORTS.items():
        if sort == default:
            yield "", label, asked.order == default
    for sort, label in _SORTS.items():
        if sort not in {default, Sort.RELEVANCE}:
            yield sort, label, asked.order == sort


def chosen(query: QueryDict, asked: Asked, listing: Listing) -> Iterator[Chosen]:
    """Yield what was chosen, each with the query string that takes it back."""
    for facet, values in asked.chosen.items():
        words = _agency_names(listing) if facet == Facet.AGENCY else _VALUES[facet]
        for value in sorted(values):
            rest = query.copy()
            rest.setlist(facet, [each for each in rest.getlist(facet) if each != value])
            rest.pop("page", None)
            yield Chosen(words[value], rest.urlencode())


def in_english() -> bool:
    """Say whether names are shown in English where they have one."""
    return get_language() == "en"


def _agency_names(listing: Listing) -> Words:
    english = in_english()
    names = {
        agency.code: (agency.name_en if english else "") or agency.name_th
        for agency in listing.agencies.values()
    }
    return dict(sorted(names.items(), key=lambda pair: pair[1]))
