"""Set a document as PDF/A with Typst: the compiler and the fonts that every printed thing of ours shares."""

import json
import threading
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst

FONTS = Path(__file__).resolve().parent / "fonts"
# PDF/A-2u: every character can be read back as Unicode, and a glyph that the font lacks is an error.
_STANDARD = "a-2u"
# A compiler keeps parsed fonts and templates between calls, and belongs to the thread that made it.
_local = threading.local()


def compiler(templates: Path) -> Any:
    """Return this thread's compiler for a folder of templates."""
    compilers: dict[Path, Any] = _local.__dict__.setdefault("compilers", {})
    if templates not in compilers:
        fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])
        compilers[templates] = typst.Compiler(root=str(templates), font_paths=fonts, ignore_system_fonts=True)
    return compilers[templates]


def build(templates: Path, source: str, created: datetime) -> bytes:
    """Return a Typst source as a PDF/A-2u file that says it was made at `created`.

    Raises typst.TypstError. Data belongs into the source: passing it as `sys_inputs` would defeat Typst's
    cache.
    """
    built: bytes = compiler(templates).compile(
        input=source.encode(), format="pdf", pdf_standards=_STANDARD, timestamp=int(created.timestamp())
    )
    return built


def sheet(templates: Path, file: str, function: str, data: dict[str, Any], created: datetime) -> bytes:
    """Return what a template's function makes of `data`, as a PDF/A-2u file. Raises typst.TypstError.

    A question mark stands for a letter that the fonts lack: people write their own names, and one of them
    must not keep a room without its door list. No certificate is made so (`certificates.typeset`).
    """

    def source(shown: dict[str, Any]) -> str:
        return f'#import "/{file}": {function}\n#{function}({read_json(shown)})'

    try:
        return build(templates, source(data), created)
    except typst.TypstError as error:
        if "could not be displayed" not in error.message:
            raise
    return build(templates, source(_printable(data)), created)


def _printable(value: Any) -> Any:
    """Return data with a question mark for every letter that the fonts lack."""
    if isinstance(value, dict):
        return {name: _printable(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_printable(one) for one in value]
    if not isinstance(value, str) or (value.isascii() and value.isprintable()):
        return value
    return "".join(letter if _has_glyphs(letter) else "?" for letter in value)


@lru_cache(maxsize=10_000)
def _has_glyphs(letter: str) -> bool:
    """Say whether a letter can be printed, upright and bold."""
    source = f'#set text(font: "Laksaman")\n#{literal(letter)} *#{literal(letter)}*'
    try:
        build(FONTS, source, datetime.fromtimestamp(0, UTC))
    except typst.TypstError:
        return False
    return True


def read_json(data: dict[str, Any]) -> str:
    """Return the Typst expression that reads `data`, which it holds as JSON."""
    return f"json(bytes({literal(json.dumps(data, ensure_ascii=False))}))"


def literal(text: str) -> str:
    """Return `text` as a Typst string, which has the escapes of JSON for quotes and backslashes."""
    return json.dumps(text, ensure_ascii=False)
