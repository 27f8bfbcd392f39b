"""Where the apps above put their entries on portal pages, since the portal may not import them.

An app registers in its ``AppConfig.ready``; the pages ask here. Order is by `order`, then label.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Literal

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise

# "course": the page of a course, "studio": its page in the studio, both with `course`; "learning": the
# outline of what somebody learns, with `registration`.
Slot = Literal["home", "my", "staff", "agency", "course", "learning", "studio", "curriculum"]


@dataclass(frozen=True)
class NavigationEntry:
    """A link in the main navigation, shown to those who hold `permission` ("" for everybody)."""

    label: Promise | str
    url_name: str
    permission: str = ""
    order: int = 100


@dataclass(frozen=True)
class NavigationLink:
    """A navigation entry as drawn; `current` is the value of aria-current, or ""."""

    label: Promise | str
    address: str
    current: Literal["", "page", "true"]


@dataclass(frozen=True)
class Panel:
    """A block on a portal page: a template and the function that gives its context.

    `context` gets the request (and, in the slots of one thing, that thing as keyword: `agency`, `course`,
    `registration`) and returns None when there is nothing to show this person.
    """

    slot: Slot
    template: str
    context: Callable[..., dict[str, object] | None]
    permission: str = ""
    order: int = 100


# What an app serves to officers is beneath one of these in its own part of the addresses.
_OFFICERS = (["office"], ["staff"])
_navigation: list[NavigationEntry] = []
_sections: dict[str, tuple[str, ...]] = {}
_panels: list[Panel] = []


def add_navigation(entry: NavigationEntry) -> None:
    """Register a navigation entry."""
    _navigation.append(entry)


def add_section(address: str, *entries: str) -> None:
    """Say to which entries pages beneath an address belong: to the first of them that somebody may follow.

    The address is a URL name, or a path where no page of its own is.
    """
    _sections[address] = entries


def add_panel(panel: Panel) -> None:
    """Register a panel."""
    _panels.append(panel)


def _allowed(request: HttpRequest, permission: str) -> bool:
    if not permission:
        return True
    # A request refused before the sign-in middleware ran still gets an error page.
    user = getattr(request, "user", None)
    return user is not None and user.is_authenticated and user.has_perm(permission)


def navigation(request: HttpRequest) -> list[NavigationEntry]:
    """Return the navigation entries this person may follow, in order."""
    return sorted(
        (entry for entry in _navigation if _allowed(request, entry.permission)), key=lambda entry: entry.order
    )


def links(request: HttpRequest) -> list[NavigationLink]:
    """Return the main navigation for this request, the section it is in marked."""
    drawn = []
    entries = [(entry, reverse(entry.url_name)) for entry in navigation(request)]
    section = _section(request.path, [address for _entry, address in entries])
    for entry, address in entries:
        current: Literal["", "page", "true"] = ""
        if request.path == address:
            current = "page"
        elif address != "/" and section.startswith(address):
            current = "true"
        drawn.append(NavigationLink(entry.label, address, current))
    return drawn


def _section(path: str, offered: Collection[str]) -> str:
    """Return the address that tells the section: pages beneath /enrol/office/ are no learner's."""
    if path.split("/")[2:3] in _OFFICERS:
        return reverse("portal:staff")
    for beneath, entries in _sections.items():
        if path.startswith(beneath if "/" in beneath else reverse(beneath)):
            return next((address for address in map(reverse, entries) if address in offered), path)
    return path


def panels(request: HttpRequest, slot: Slot, **context: object) -> list[tuple[str, dict[str, object]]]:
    """Return (template, context) of the panels this person sees in a slot, in order."""
    shown = []
    for panel in sorted((p for p in _panels if p.slot == slot), key=lambda p: p.order):
        if _allowed(request, panel.permission):
            values = panel.context(request, **context)
            if values is not None:
                shown.append((panel.template, values))
    return shown
