"""All lessons of a course as one PDF, to print and to keep."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from certificates import pdf
from courses.catalogue.making.blocks import blocks, pieces

TEMPLATES = Path(__file__).parent / "typst"
_CONTENTS = "บทเรียนในเอกสารนี้"
# A PDF says when it was made. This is no news: the same lessons are the same document.
_MADE = datetime(2026, 11, 21, tzinfo=UTC)


def source(code: str, title: str, objective: str, lessons: Sequence[str]) -> dict[str, Any]:
    """Return what a handout says. Raises ValueError where a lesson holds something that cannot be set."""
    return {
        "code": code,
        "title": title,
        "title-pieces": pieces(title),
        "objective-pieces": pieces(objective),
        "contents": _CONTENTS,
        "footer": f"{code} {title}",
        "lessons": [blocks(text) for text in lessons],
    }


def fingerprint(lessons: Sequence[str], *others: str) -> str:
    """Return a name for the handout of these lessons, another whenever it would look different."""
    templates = [path.read_text("utf-8") for path in sorted(TEMPLATES.glob("*.typ"))]
    return hashlib.sha256(json.dumps([others, list(lessons), templates]).encode()).hexdigest()


def typeset(data: dict[str, Any]) -> bytes:
    """Return a handout as a tagged PDF/A-2u file. Raises typst.TypstError."""
    return pdf.sheet(TEMPLATES, "handout.typ", "handout", data, _MADE)
