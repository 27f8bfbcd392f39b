"""Read cmi5: the course structure in cmi5.xml (cmi5 specification, sections 13 and 14)."""

import re
from decimal import Decimal
from urllib.parse import parse_qsl

from courses.packages.package import Cmi5Settings, Kind, Package, Unit
from courses.packages.readers import values
from courses.packages.readers.links import Link, Place
from courses.packages.readers.reading import Reading, in_thai_first
from courses.packages.xml import Element

MANIFEST = "cmi5.xml"

_MOVE_ON = ("NotApplicable", "Passed", "Completed", "CompletedAndPassed", "CompletedOrPassed")
_LAUNCH_METHODS = ("AnyWindow", "OwnWindow")
# Identifiers are absolute IRIs (section 13.1); of addresses elsewhere the same is asked.
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
# What the platform adds to the address (section 8.1).
_RESERVED = ("endpoint", "fetch", "actor", "registration", "activityId")


def read(reading: Reading) -> Package:
    """Read the course structure. Raises PackageRefused when nothing of it can be used."""
    root = reading.read_xml("courseStructure")
    course = root.first("course")
    if course is None:
        reading.note("value-missing", root.line, element=root.name, name="course")
    identifiers = _Identifiers(reading)
    identifier = identifiers.of(course) if course is not None else ""
    if listed := root.first("objectives"):
        objectives = _Identifiers(reading)
        for objective in listed.all("objective"):
            objectives.of(objective)
    units = _Units(reading, identifiers).under(root)
    language, title = _text(course.first("title")) if course else ("", "")
    return Package(
        kind=Kind.CMI5,
        title=title,
        id=identifier,
        language=language,
        units=units,
        manifest=reading.file,
        references=tuple(reading.references),
    )


def _text(element: Element | None) -> tuple[str, str]:
    if element is None:
        return "", ""
    return in_thai_first((text.get("lang"), text.text) for text in element.all("langstring"))


class _Identifiers:
    """Identifiers of one kind: all there, absolute, and no two the same."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._seen: set[str] = set()

    def of(self, element: Element) -> str:
        """Return the identifier of an element, and note what is wrong with it."""
        identifier = self._reading.required(element, "id")
        if identifier in self._seen:
            self._reading.note("identifier-twice", element.line, id=identifier)
        elif identifier and not _IRI.fullmatch(identifier):
            said = {"element": element.name, "name": "id", "value": identifier, "allowed": "https://…"}
            self._reading.note("value-wrong", element.line, **said)
        self._seen.add(identifier)
        return identifier


class _Units:
    def __init__(self, reading: Reading, identifiers: _Identifiers) -> None:
        self._reading, self._identifiers = reading, identifiers

    def under(self, parent: Element) -> tuple[Unit, ...]:
        """Return the blocks and assignable units in an element, in the order of the file."""
        found = (child for child in parent.children if child.name.lower() in {"au", "block"})
        return tuple(self._au(child) if child.name.lower() == "au" else self._block(child) for child in found)

    def _block(self, element: Element) -> Unit:
        return Unit(
            id=self._identifiers.of(element),
            title=_text(element.first("title"))[1] or element.get("id"),
            objectives=_objectives(element),
            units=self.under(element),
        )

    def _au(self, element: Element) -> Unit:
        address = element.text_of("url")
        if not address:
            self._reading.note("value-missing", element.line, element=element.name, name="url")
        link = self._reading.refer("", address, element.line, needed=True) if address else None
        if link:
            self._judge(link, element, address)
        return Unit(
            id=self._identifiers.of(element),
            title=_text(element.first("title"))[1] or element.get("id"),
            href=link.path if link and link.place is not Place.OUTSIDE else "",
            parameters=link.parameters if link else "",
            mastery_score=self._mastery(element),
            objectives=_objectives(element),
            cmi5=Cmi5Settings(
                move_on=self._reading.choice(element, "moveOn", _MOVE_ON, "NotApplicable"),
                launch_method=self._reading.choice(element, "launchMethod", _LAUNCH_METHODS, "AnyWindow"),
                launch_parameters=element.text_of("launchParameters"),
                activity_type=element.get("activityType"),
                entitlement_key=element.text_of("entitlementKey"),
            ),
        )

    def _judge(self, link: Link, element: Element, address: str) -> None:
        """Note what is wrong with the address of a unit."""
        if link.place is Place.REMOTE:
            if not _IRI.fullmatch(address):
                said = {"element": element.name, "name": "url", "value": address, "allowed": "https://…"}
                self._reading.note("value-wrong", element.line, **said)
            # Allowed: a unit only needs the addresses that it is launched with.
            self._reading.note("launch-remote", element.line, url=address)
        query = address.partition("?")[2].partition("#")[0] if link.place is Place.REMOTE else link.parameters
        given = {
            name for name, _value in parse_qsl(query.lstrip("?").partition("#")[0], keep_blank_values=True)
        }
        for name in _RESERVED:
            if name in given:
                self._reading.note("launch-reserved", element.line, name=name)

    def _mastery(self, element: Element) -> Decimal | None:
        text = element.get("masteryScore")
        score = values.share(text) if text else None
        if text and score is None:
            said = {"element": element.name, "name": "masteryScore", "value": text, "allowed": "0-1"}
            self._reading.note("value-wrong", element.line, **said)
        return score


def _objectives(element: Element) -> tuple[str, ...]:
    listed = element.first("objectives")
    return tuple(objective.get("idref") for objective in listed.all("objective")) if listed else ()
