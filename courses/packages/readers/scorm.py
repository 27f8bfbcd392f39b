"""Read SCORM 1.2 and SCORM 2004: imsmanifest.xml, as the Content Aggregation Model describes it.

Authoring tools differ in namespaces and in the case of names, so neither decides anything here.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import TypeVar

from courses.packages.findings import Finding, PackageRefused
from courses.packages.package import Kind, Package, ScormSettings, SharedData, Unit
from courses.packages.readers import values
from courses.packages.readers.links import with_parameters
from courses.packages.readers.reading import Reading
from courses.packages.readers.resources import Resources
from courses.packages.xml import Element

MANIFEST = "imsmanifest.xml"

# Where the second edition calls itself by the version of its content model. It runs like the third.
_VERSIONS = {
    "1.2": Kind.SCORM_12,
    "cam 1.3": Kind.SCORM_2004_3,
    "2004 2nd edition": Kind.SCORM_2004_3,
    "2004 3rd edition": Kind.SCORM_2004_3,
    "2004 4th edition": Kind.SCORM_2004_4,
}
# Letters of sequencing rules in one package, written out for every item.
_MOST_RULES = 10 << 20
_TIME_LIMIT_ACTIONS = ("exit,message", "exit,no message", "continue,message", "continue,no message")


_Value = TypeVar("_Value")


def read(reading: Reading) -> Package:
    """Read the manifest. Raises PackageRefused when nothing of it can be used."""
    root = reading.read_xml("manifest")
    _refuse_cartridge(reading, root)
    kind = _kind(reading, root)
    if any(child.name == "manifest" for child in root.walk() if child is not root):
        reading.note("submanifest", root.line)
    organizations = _Organizations(reading, root, kind)
    organization = organizations.chosen()
    units = organizations.units(organization) if organization else ()
    return Package(
        kind=kind,
        title=organization.text_of("title") if organization else "",
        language=_language(root),
        units=units,
        manifest=reading.file,
        references=tuple(reading.references),
        sequencing=organizations.sequencing(organization) if organization else "",
        completion_threshold=organizations.completion_threshold(organization) if organization else None,
        shares_objectives=_is_global(organization, "objectivesGlobalToSystem"),
        shares_data=_is_global(organization, "sharedDataGlobalToSystem"),
    )


def _is_global(organization: Element | None, name: str) -> bool:
    return organization is None or organization.flag(name, default=True)


def _refuse_cartridge(reading: Reading, root: Element) -> None:
    """Raise PackageRefused for what other platforms export: of it only pages would show, and no test."""
    metadata = root.first("metadata")
    schema = metadata.text_of("schema") if metadata else ""
    if "common cartridge" in schema.lower():
        raise PackageRefused(Finding("platform-backup", reading.file, {"platform": schema}, root.line))


def _kind(reading: Reading, root: Element) -> Kind:
    metadata = root.first("metadata")
    version = metadata.text_of("schemaversion") if metadata else ""
    if kind := _VERSIONS.get(" ".join(version.lower().split())):
        return kind
    spaces = {element.namespace for element in root.walk()}
    spaces |= {space for element in root.walk() for space, _name in element.attributes}
    is_2004 = any("adlcp_v1p3" in space or "imsss" in space for space in spaces)
    kind = Kind.SCORM_2004_3 if is_2004 else Kind.SCORM_12
    is_12 = any("adlcp_rootv1p2" in space for space in spaces)
    # Some tools leave the version out; what its names belong to says as much.
    if not version and is_12 != is_2004:
        return kind
    reading.note("version-unknown", root.line, version=version or "-", kind=kind.value)
    return kind


def _language(root: Element) -> str:
    metadata = root.first("metadata")
    said = (element.text for element in metadata.walk() if element.name == "language") if metadata else ()
    return root.get("lang") or next(filter(None, said), "")


class _Organizations:
    """The tables of contents of a manifest: their items become units."""

    def __init__(self, reading: Reading, root: Element, kind: Kind) -> None:
        self._reading, self._root = reading, root
        self._is_2004 = kind is not Kind.SCORM_12
        self._shared = {
            element.get("ID"): element
            for collection in root.all("sequencingCollection")
            for element in collection.all("sequencing")
        }
        self._resources = Resources(reading, root)
        self._seen: set[str] = set()
        self._left = _MOST_RULES

    def chosen(self) -> Element | None:
        """Return the default organization, or the first where that is not to be had."""
        parent = self._root.first("organizations")
        if parent is None:
            return None
        known = {element.get("identifier"): element for element in reversed(parent.all("organization"))}
        default = parent.get("default")
        if default and default not in known:
            self._reading.note("organization-unknown", parent.line, id=default)
        return known.get(default) or next(iter(parent.all("organization")), None)

    def units(self, parent: Element) -> tuple[Unit, ...]:
        """Return the items under an organization or an item."""
        return tuple(self._unit(item) for item in parent.all("item"))

    def sequencing(self, element: Element) -> str:
        """Return the sequencing rules of an organization or item, with those they share with others."""
        own = self._sequencing(element)
        return self._text(own, element.line) if own else ""

    def _text(self, rules: Element, line: int) -> str:
        """Return rules as text; rules that all items share would be written out once for each of them."""
        text = rules.as_text()
        self._left -= len(text)
        if self._left < 0:
            raise PackageRefused(Finding("xml-too-large", self._reading.file, line=line))
        return text

    def _unit(self, item: Element) -> Unit:
        identifier = self._reading.required(item, "identifier")
        if identifier in self._seen:
            self._reading.note("identifier-twice", item.line, id=identifier)
        self._seen.add(identifier)
        resource, link = self._resources.started_by(item)
        unit = Unit(
            id=identifier,
            title=item.text_of("title") or identifier,
            href=link.path if link else "",
            parameters=with_parameters(link.parameters, item.get("parameters")) if link else "",
            scorm=ScormSettings(
                is_sco=resource.is_sco if resource else False,
                is_visible=item.flag("isvisible", default=True),
                time_limit_action=self._time_limit_action(item),
                prerequisites=item.text_of("prerequisites"),
                data_from_lms=item.text_of("dataFromLMS"),
                completion_threshold=self.completion_threshold(item),
                progress_weight=_progress_weight(item),
                hidden_controls=_hidden_controls(item),
                shared_data=tuple(_shared_data(item)) if self._is_2004 else (),
            ),
            units=self.units(item),
        )
        return self._with_2004(unit, item) if self._is_2004 else self._with_12(unit, item)

    # -- What an item asks of the run-time ------------------------------------------------------------
    def _with_12(self, unit: Unit, item: Element) -> Unit:
        mastery = self._value(item, "masteryScore", lambda text: values.share(text, of=100), "0-100")
        longest = self._value(item, "maxTimeAllowed", values.clock, "HHHH:MM:SS")
        return replace(unit, mastery_score=mastery, max_time=longest)

    def _with_2004(self, unit: Unit, item: Element) -> Unit:
        rules = self._sequencing(item)
        if rules is None or unit.scorm is None:
            return unit
        found = list(rules.walk())
        primary = next((rule for rule in found if rule.name == "primaryObjective"), None)
        longest = next(
            (rule.get("attemptAbsoluteDurationLimit") for rule in rules.all("limitConditions")), ""
        )
        ids = (rule.get("objectiveID") for rule in found if rule.name in {"primaryObjective", "objective"})
        return replace(
            unit,
            mastery_score=_mastery(primary) if primary else None,
            max_time=values.period(longest),
            objectives=tuple(dict.fromkeys(filter(None, ids))),
            scorm=replace(unit.scorm, sequencing=self._text(rules, item.line)),
        )

    def _sequencing(self, element: Element) -> Element | None:
        """Return the rules of one element; what it does not say itself, the shared ones say."""
        own = element.first("sequencing")
        if own is None or not own.get("IDRef"):
            return own
        shared = self._shared.get(own.get("IDRef"))
        if shared is None:
            self._reading.note("identifier-dangling", own.line, id=own.get("IDRef"))
            return own
        inherited = [child for child in shared.children if not own.all(child.name)]
        return replace(own, attributes=shared.attributes | own.attributes, children=own.children + inherited)

    def _time_limit_action(self, item: Element) -> str:
        allowed = "; ".join(_TIME_LIMIT_ACTIONS)
        known = {text: text for text in _TIME_LIMIT_ACTIONS}
        return self._value(item, "timeLimitAction", lambda text: known.get(text.lower()), allowed) or ""

    def completion_threshold(self, item: Element) -> Decimal | None:
        """Return the measure of progress that completes an item or an organization."""
        element = item.first("completionThreshold")
        if element is None:
            return None
        if not element.attributes:
            # Third edition; the fourth has attributes.
            return self._value(item, "completionThreshold", values.share, "0-1")
        if not element.flag("completedByMeasure"):
            return None
        return values.share(element.get("minProgressMeasure") or "1")

    def _value(
        self, item: Element, name: str, read: Callable[[str], _Value | None], allowed: str
    ) -> _Value | None:
        """Return what the text of a child means; note a text that means nothing."""
        child = item.first(name)
        if child is None or not child.text:
            return None
        value = read(child.text)
        if value is None:
            self._reading.note(
                "value-ignored", child.line, name=child.name, value=child.text, allowed=allowed
            )
        return value


def _progress_weight(item: Element) -> Decimal:
    """Return how much the progress of an item weighs in that of what is above it (fourth edition)."""
    element = item.first("completionThreshold")
    weight = values.share(element.get("progressWeight")) if element else None
    return Decimal(1) if weight is None else weight


def _hidden_controls(item: Element) -> tuple[str, ...]:
    presentation = item.first("presentation")
    interface = presentation.first("navigationInterface") if presentation else None
    return tuple(each.text for each in interface.all("hideLMSUI")) if interface else ()


def _shared_data(item: Element) -> Iterator[SharedData]:
    data = item.first("data")
    for each in data.all("map") if data else ():
        if target := each.get("targetID"):
            may = (each.flag(name, default=True) for name in ("readSharedData", "writeSharedData"))
            yield SharedData(target, *may)


def _mastery(primary: Element) -> Decimal | None:
    if not primary.flag("satisfiedByMeasure"):
        return None
    return values.share(primary.text_of("minNormalizedMeasure") or "1")
