"""Compile every django.po to django.mo with Babel, so that no machine needs GNU gettext to run us."""

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Compile the catalogues of all apps."""
    for source in sorted(ROOT.glob("[a-z]*/**/locale/*/LC_MESSAGES/*.po")):
        if {"node_modules", "var"} & set(source.relative_to(ROOT).parts):
            continue
        with source.open("rb") as handle:
            catalogue = read_po(handle, locale=source.parts[-3], abort_invalid=True)
        with source.with_suffix(".mo").open("wb") as handle:
            write_mo(handle, catalogue)


if __name__ == "__main__":
    main()
