"""Markdown as the blocks that the Typst templates beside this file set; whatever else it holds is refused."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from pythainlp.tokenize import word_tokenize

_MARKDOWN = MarkdownIt("commonmark").enable("table")
_THAI = re.compile(r"[\u0e00-\u0e7f]")
# Belongs to the word before it: closing marks, and the Thai signs of repetition and abbreviation.
_CLOSING = re.compile(r"^[)\]”’!?,.:;%ๆฯ/]+$")
_OPENING = re.compile(r"[(\[“‘]$")
# A number stays beside what it counts.
_COUNTED = ("มาตรา", "พ.ศ.", "ข้อ", "ที่", "วันที่")

Block = dict[str, Any]
Span = dict[str, Any]


def blocks(markdown: str) -> list[Block]:
    """Return the blocks of a text. Raises ValueError where it holds something that cannot be set."""
    tokens = _MARKDOWN.parse(markdown)
    return list(_blocks(tokens, 0, len(tokens)))


def _blocks(tokens: Sequence[Token], at: int, end: int) -> Iterator[Block]:
    while at < end:
        token = tokens[at]
        after = _after(tokens, at)
        match token.type:
            case "heading_open":
                yield {"kind": "heading", "level": int(token.tag[1]), "spans": spans(tokens[at + 1])}
            case "paragraph_open":
                yield {"kind": "paragraph", "spans": spans(tokens[at + 1])}
            case "bullet_list_open" | "ordered_list_open":
                items = [list(_blocks(tokens, *part)) for part in _parts(tokens, at + 1, after - 1)]
                yield {"kind": "list", "numbered": token.type[0] == "o", "items": items}
            case "blockquote_open":
                yield {"kind": "quote", "blocks": list(_blocks(tokens, at + 1, after - 1))}
            case "table_open":
                yield {"kind": "table", "rows": _rows(tokens[at:after])}
            case "hr":
                yield {"kind": "line"}
            case "fence" | "code_block":
                yield {"kind": "example", "text": token.content.rstrip()}
            case other:
                raise ValueError(f"{other} cannot be set")
        at = after


def _after(tokens: Sequence[Token], at: int) -> int:
    """Return where the block that opens at a token is over."""
    depth = 0
    for place in range(at, len(tokens)):
        depth += tokens[place].nesting
        if depth == 0:
            return place + 1
    raise ValueError("a block is never closed")


def _parts(tokens: Sequence[Token], at: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield where the content of each item of a list begins and ends."""
    while at < end:
        after = _after(tokens, at)
        yield at + 1, after - 1
        at = after


def _rows(tokens: Sequence[Token]) -> list[list[list[Span]]]:
    rows: list[list[list[Span]]] = []
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(spans(token))
    return rows


def spans(inline: Token) -> list[Span]:
    """Return the stretches of one look of a line of text, each as pieces that do not break."""
    found: list[Span] = []
    strong = emphasised = 0
    for token in inline.children or []:
        match token.type:
            case "text" if not token.content:
                # Left over between marks.
                pass
            case "text" | "code_inline":
                look = {"strong": strong > 0, "emphasised": emphasised > 0, "code": token.type[0] == "c"}
                found.append({"pieces": pieces(token.content), **look})
            case "softbreak":
                found.append({"pieces": [" "], "strong": False, "emphasised": False, "code": False})
            case "strong_open" | "strong_close":
                strong += token.nesting
            case "em_open" | "em_close":
                emphasised += token.nesting
            case "link_open" | "link_close":
                # What is printed cannot be clicked; the words stay.
                pass
            case other:
                raise ValueError(f"{other} cannot be set")
    return found


def pieces(text: str) -> list[str]:
    """Cut text where a line may break: Typst itself would cut some Thai words in two."""
    made: list[str] = []
    for word in word_tokenize(text, engine="newmm"):
        joins = made and (
            _CLOSING.match(word)
            or _OPENING.search(made[-1])
            # Between letters and numbers that are not Thai a line breaks only at blanks.
            or not (_THAI.search(word) or _THAI.search(made[-1]) or made[-1].isspace() or word.isspace())
        )
        if joins and not made[-1].isspace():
            made[-1] += word
        else:
            made.append(word)
    return _with_numbers(made)


def _with_numbers(cut: list[str]) -> list[str]:
    made: list[str] = []
    for piece in cut:
        if len(made) > 1 and piece[0].isdigit() and made[-1] == " " and made[-2].endswith(_COUNTED):
            made[-2:] = [f"{made[-2]}\u00a0{piece}"]
        else:
            made.append(piece)
    return made
