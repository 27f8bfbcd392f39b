"""Fail where a dependency is not pinned to one version and its hash, or names where it was downloaded."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_EXACT = re.compile(r"\d+\.\d+\.\d+(?:[-+][\w.]+)?")


def requirement_findings(name: str, text: str) -> Iterator[str]:
    """Yield what is wrong in a compiled requirements file."""
    code = re.sub(r"(?m)(^|\s)#.*$", "", text)
    if "://" in code:
        yield f"{name}: an address instead of a package name"
    for entry in re.sub(r"\\\n", " ", code).splitlines():
        if entry.strip().startswith("-"):
            yield f"{name}: an option: {entry.strip()}"
        elif entry.strip() and not re.match(r"[\w.\[\]-]+==\S+.*--hash=sha256:[0-9a-f]{64}", entry):
            yield f"{name}: not pinned with a hash: {entry.split('--hash')[0].strip()}"


def lock_findings(lock: dict[str, dict[str, dict[str, object]]]) -> Iterator[str]:
    """Yield what is wrong in npm's lock file."""
    for path, package in lock["packages"].items():
        if "resolved" in package:
            yield f"package-lock.json: {path} records a download address"
        if path and "integrity" not in package:
            yield f"package-lock.json: {path} has no hash"


def package_findings(package: dict[str, dict[str, str]]) -> Iterator[str]:
    """Yield npm packages that are asked for by a range."""
    for section in ("dependencies", "devDependencies"):
        for name, version in package.get(section, {}).items():
            if not _EXACT.fullmatch(version):
                yield f"package.json: {name} is not pinned: {version}"


def main() -> int:
    """Check all files and return the exit status."""
    found = [
        finding
        for path in sorted((ROOT / "requirements").glob("*.txt"))
        for finding in requirement_findings(path.name, path.read_text())
    ]
    found += lock_findings(json.loads((ROOT / "package-lock.json").read_text()))
    found += package_findings(json.loads((ROOT / "package.json").read_text()))
    print("\n".join(found) or "Every dependency is pinned.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
