"""Fail where a string that people read has no Thai: missing, empty, fuzzy, or with other placeholders.

Strings are extracted with GNU gettext the way Django's makemessages does it. Each must be in the catalogue
of its own app, and two apps must not translate one string differently, since Django merges catalogues.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("learning", "exams", "certificates", "courses", "enrollment")
CATALOGUE = Path("locale/th/LC_MESSAGES/django.po")
KEYWORDS = (
    "gettext_noop",
    "gettext_lazy",
    "ngettext_lazy:1,2",
    "pgettext:1c,2",
    "npgettext:1c,2,3",
    "pgettext_lazy:1c,2",
    "npgettext_lazy:1c,2,3",
)
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


def app_folders() -> list[Path]:
    """Return the folders that own strings, deepest first: those with an apps.py."""
    found = [path.parent for package in PACKAGES for path in (ROOT / package).rglob("apps.py")]
    return sorted(found, key=lambda path: -len(path.parts))


def sources(folder: Path, others: list[Path]) -> Iterator[Path]:
    """Yield the folder's Python and template files that belong to no deeper app."""
    deeper = [other for other in others if folder in other.parents]
    for path in sorted(folder.rglob("*")):
        is_source = path.suffix == ".py" or (path.suffix in {".html", ".txt"} and "templates" in path.parts)
        inside = any(other in path.parents for other in deeper)
        if is_source and not inside and not {"migrations", "static"} & set(path.parts):
            yield path


def extract(files: list[Path]) -> Catalog:
    """Return every translatable string of the files."""
    with tempfile.TemporaryDirectory() as folder:
        prepared = []
        for path in files:
            text = path.read_text()
            name = path.relative_to(ROOT)
            copy = Path(folder) / f"{name}.py"
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(text if path.suffix == ".py" else templatize(text, origin=str(name)))
            prepared.append(str(copy.relative_to(folder)))
        output = Path(folder) / "messages.pot"
        subprocess.run(
            [
                "xgettext",
                "--language=Python",
                "--from-code=UTF-8",
                "--force-po",
                f"--output={output}",
                *(f"--keyword={keyword}" for keyword in KEYWORDS),
                *prepared,
            ],
            cwd=folder,
            check=True,
            # It remarks on format strings with several unnamed placeholders; we compare those ourselves.
            stderr=subprocess.DEVNULL,
        )
        text = output.read_text().replace("charset=CHARSET", "charset=UTF-8")
        # gettext leaves a blank to fill in where there are plurals; it writes two empty forms.
        text = text.replace("nplurals=INTEGER; plural=EXPRESSION", "nplurals=2; plural=n != 1")
        output.write_text(text)
        with output.open("rb") as handle:
            return read_po(handle)


def strings(message: Message) -> list[str]:
    """Return the message's forms as a list."""
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def placeholders(text: str) -> set[str]:
    """Return the placeholders a text needs filled."""
    return set(_PLACEHOLDER.findall(text))


def problem(message: Message, translated: Message | None) -> str:
    """Say what is wrong with the translation of one message; empty where nothing is."""
    if translated is None:
        return "missing"
    if translated.fuzzy:
        return "fuzzy"
    if not strings(translated) or not all(strings(translated)):
        return "empty"
    ids = [message.id] if isinstance(message.id, str) else list(message.id)
    # A plural may leave out the number in its singular; the Thai form serves both.
    allowed = set().union(*map(placeholders, ids))
    needed = placeholders(ids[-1])
    for text in strings(translated):
        if not needed <= placeholders(text) <= allowed:
            return f"placeholders differ: {', '.join(sorted(needed ^ placeholders(text)))}"
    return ""


def findings() -> Iterator[str]:
    """Yield one line for every string without proper Thai, and every one translated in two ways."""
    folders = app_folders()
    translations: dict[tuple[str, str], dict[str, str]] = {}
    for folder in folders:
        name = folder.relative_to(ROOT)
        wanted = extract(list(sources(folder, folders)))
        path = folder / CATALOGUE
        catalogue = Catalog()
        if path.exists():
            with path.open("rb") as handle:
                catalogue = read_po(handle, locale="th")
        for message in wanted:
            if not message.id:
                continue
            wrong = problem(message, catalogue.get(message.id, message.context))
            if wrong:
                where = message.locations[0][0] if message.locations else name
                yield f"{name / CATALOGUE}: {wrong}: {message.id!r} ({str(where).removesuffix('.py')})"
        for message in catalogue:
            if message.id and not message.fuzzy:
                key = (message.context or "", message.id if isinstance(message.id, str) else message.id[0])
                translations.setdefault(key, {})[str(name)] = "".join(strings(message))
    for (_context, text), by_app in sorted(translations.items()):
        if len(set(by_app.values())) > 1:
            said = "; ".join(f"{app}: {thai}" for app, thai in sorted(by_app.items()))
            yield f"translated in more than one way: {text!r}: {said}"


def main() -> int:
    """Print the findings and return the exit status."""
    if shutil.which("xgettext") is None:
        print("NOT CHECKED: translations. GNU gettext is missing; on Debian: apt-get install gettext")
        return 1 if os.environ.get("CI") else 0
    found = list(findings())
    print("\n".join(found) or "Every string has its Thai.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
