"""What every reader works with: the files, and a place to note what it stumbles over."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from courses.packages import xml
from courses.packages.findings import Finding, Findings, PackageRefused
from courses.packages.package import Reference
from courses.packages.readers.links import Link, Place, resolve
from courses.packages.sources import Source

_MOST_JSON = 10 << 20


@dataclass
class Reading:
    """One manifest being read. `file` is its path; findings are about it unless they say otherwise."""

    source: Source
    findings: Findings
    file: str
    references: list[Reference] = field(default_factory=list)

    def note(self, code: str, line: int = 0, **values: object) -> None:
        """Note a finding about the manifest."""
        self.findings.add(code, self.file, line, **values)

    def read_xml(self, expected: str) -> xml.Element:
        """Return the manifest's root element. Raises PackageRefused when it is another than expected."""
        with self.source.open(self.file) as stream:
            root = xml.parse(stream, self.file)
        if root.name.lower() != expected.lower():
            raise PackageRefused(Finding("manifest-foreign", self.file, {"expected": expected}, root.line))
        return root

    def read_json(self, path: str) -> dict[str, Any]:
        """Return an object from a JSON file. Raises PackageRefused."""
        data = self.source.read(path, _MOST_JSON + 1)
        line = 0
        try:
            if len(data) <= _MOST_JSON:
                value = json.loads(data)
                if isinstance(value, dict):
                    return value
        except json.JSONDecodeError as error:
            line = error.lineno
        except (ValueError, RecursionError):
            # Bytes that are no text; brackets without end.
            pass
        raise PackageRefused(Finding("json-malformed", path, line=line))

    def choice(self, element: xml.Element, name: str, allowed: tuple[str, ...], default: str) -> str:
        """Return an attribute that has one of few values; anything else is an error."""
        value = element.get(name) or default
        if value in allowed:
            return value
        said = {"element": element.name, "name": name, "value": value, "allowed": ", ".join(allowed)}
        self.note("value-wrong", element.line, **said)
        return default

    def required(self, element: xml.Element, name: str) -> str:
        """Return an attribute, or note that it is missing."""
        value = element.get(name)
        if not value:
            self.note("value-missing", element.line, element=element.name, name=name)
        return value

    def refer(self, base: str, address: str, line: int, *, needed: bool = False) -> Link:
        """Resolve an address and remember that the manifest has it; note one that leads outside."""
        link = resolve(self.source.files, base, address)
        if link.place is Place.INSIDE:
            self.references.append(Reference(link.path, self.file, line, needed))
        elif link.place is Place.OUTSIDE:
            self.note("path-outside", line, target=address)
        return link


def in_thai_first(texts: Iterable[tuple[str, str]]) -> tuple[str, str]:
    """Return (language, text) in Thai, else English, else whatever there is."""
    known = [(language, text) for language, text in texts if text]
    wanted = sorted(
        known, key=lambda pair: (not pair[0].lower().startswith("th"), not pair[0].startswith("en"))
    )
    return wanted[0] if wanted else ("", "")
