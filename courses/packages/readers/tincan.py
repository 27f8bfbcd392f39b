"""Read packages that only speak xAPI: tincan.xml, as authoring tools write it."""

from courses.packages.package import Kind, Package, Unit
from courses.packages.readers.links import Place
from courses.packages.readers.reading import Reading, in_thai_first
from courses.packages.xml import Element

MANIFEST = "tincan.xml"

# More than that no tool lists beside its own slides; each launch carries them.
_MOST_FURTHER = 200


def read(reading: Reading) -> Package:
    """Read the list of activities. Raises PackageRefused when nothing of it can be used."""
    root = reading.read_xml("tincan")
    listed = root.first("activities")
    activities = listed.all("activity") if listed else []
    units = tuple(_unit(reading, activity) for activity in activities)
    started = tuple(unit for unit in units if unit.href)
    first = activities[0] if activities else None
    language, title = _text(first, "name") if first else ("", "")
    return Package(
        kind=Kind.XAPI,
        title=title,
        language=language,
        # The others describe what statements are about; only some can be started.
        units=started,
        activities=_further(units, started),
        manifest=reading.file,
        references=tuple(reading.references),
    )


def _further(units: tuple[Unit, ...], started: tuple[Unit, ...]) -> tuple[str, ...]:
    """Return the identifiers that are not below those of lessons; slides and questions mostly are."""
    own = tuple(f"{unit.id}{mark}" for unit in started for mark in ("/", "#", "?"))
    ids = {unit.id for unit in started}
    others = (unit.id for unit in units if unit.id not in ids and not unit.id.startswith(own))
    return tuple(dict.fromkeys(others))[:_MOST_FURTHER]


def _unit(reading: Reading, activity: Element) -> Unit:
    identifier = reading.required(activity, "id")
    _language, address = _text(activity, "launch")
    link = reading.refer("", address, activity.line, needed=True) if address else None
    if link and link.place is Place.REMOTE:
        reading.note("launch-remote", activity.line, url=address)
    return Unit(
        id=identifier,
        title=_text(activity, "name")[1] or identifier,
        href=link.path if link and link.place is not Place.OUTSIDE else "",
        parameters=link.parameters if link else "",
    )


def _text(activity: Element, name: str) -> tuple[str, str]:
    return in_thai_first((element.get("lang"), element.text) for element in activity.all(name))
