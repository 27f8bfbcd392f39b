"""What was found in one package: which rule, in which file, in which line."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from courses.packages.rules import RULES, Severity
from learning.errors import DomainError

# A list that nobody reads to its end helps nobody.
_SHOWN_PER_CODE = 20
_SHOWN_LETTERS = 200


@dataclass(frozen=True)
class Finding:
    """One finding. `line` counts from 1; 0 means the whole file, an empty `file` the whole package."""

    code: str
    file: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    line: int = 0

    @property
    def is_error(self) -> bool:
        """Say whether this keeps the package out."""
        return RULES[self.code].severity is Severity.ERROR

    @property
    def message(self) -> str:
        """Return the sentence for the uploader, in the language that is active."""
        values = {name: shown(value) for name, value in self.values.items()}
        return str(RULES[self.code].text) % values

    def as_dict(self) -> dict[str, Any]:
        """Return what reports hold."""
        place = {"file": shown(self.file), "line": self.line or None}
        return {"code": self.code, **place, "message": self.message}


class Findings:
    """Collects findings, of each code as many as somebody would read."""

    def __init__(self) -> None:
        self._found: list[Finding] = []
        self._counts: Counter[str] = Counter()

    def add(self, code: str, file: str = "", line: int = 0, **values: object) -> None:
        """Note a finding."""
        self.extend(Finding(code, file, values, line))

    def extend(self, *findings: Finding) -> None:
        """Note findings that somebody else made."""
        for finding in findings:
            self._counts[finding.code] += 1
            if self._counts[finding.code] <= _SHOWN_PER_CODE:
                self._found.append(finding)

    def all(self) -> list[Finding]:
        """Return what was noted, and how much was left out."""
        left_out = {code: count - _SHOWN_PER_CODE for code, count in self._counts.items()}
        more = [
            Finding("more", values={"code": code, "count": count})
            for code, count in left_out.items()
            if count > 0
        ]
        return self._found + more


class PackageRefused(DomainError):
    """The upload cannot be read any further; `findings` say why, the first one in `message`."""

    status = 422

    def __init__(self, *findings: Finding) -> None:
        self.findings = findings
        self.code = findings[0].code
        super().__init__(findings[0].message)


def shown(value: object) -> object:
    """Return a text from a package so that it can be printed: short, and nothing in it is unseen."""
    if not isinstance(value, str):
        return value
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in value[:_SHOWN_LETTERS])
