"""Read a PDF's text as its standard says: the replacement text of a span stands for its glyphs.

pypdf's own `extract_text` looks at glyphs only (ISO 32000-1, 14.9.4 is not in it), and a Thai cluster
is several glyphs with one text.
"""

import io
import re
from typing import Any

import pypdf
from pypdf.generic import ContentStream, TextStringObject

_CHAR = re.compile(rb"<([0-9A-Fa-f]{4})> <([0-9A-Fa-f]+)>")


def _characters(font: Any) -> dict[int, str]:
    """Return glyph number → text of a font, from its ToUnicode map."""
    cmap = font["/ToUnicode"].get_object().get_data()
    return {
        int(glyph, 16): bytes.fromhex(text.decode()).decode("utf-16-be")
        for glyph, text in _CHAR.findall(cmap)
    }


def pages(pdf: bytes) -> list[list[str]]:
    """Return the texts of each page, one for each run of text that is set at one place."""
    return [_texts(page) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def _texts(page: Any) -> list[str]:
    maps = {name: _characters(font.get_object()) for name, font in page["/Resources"]["/Font"].items()}
    texts: list[str] = []
    # One entry for each open marked-content span: whether its glyphs are replaced by its own text.
    replaced = [False]
    for operands, operator in ContentStream(page.get_contents(), page.pdf).operations:
        if operator == b"BT":
            texts.append("")
        elif operator == b"Tf":
            glyphs = maps[operands[0]]
        elif operator == b"BDC":
            properties = operands[1] if isinstance(operands[1], dict) else {}
            actual = properties.get("/ActualText")
            if actual is not None:
                texts[-1] += str(actual)
            replaced.append(replaced[-1] or actual is not None)
        elif operator == b"EMC":
            replaced.pop()
        elif operator in {b"Tj", b"TJ"} and not replaced[-1]:
            part: Any
            for part in operands[0] if operator == b"TJ" else operands:
                raw = part.original_bytes if isinstance(part, TextStringObject) else part
                if isinstance(raw, bytes):
                    numbers = (int.from_bytes(raw[i : i + 2], "big") for i in range(0, len(raw), 2))
                    texts[-1] += "".join(glyphs[number] for number in numbers)
    return texts
