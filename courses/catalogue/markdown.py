"""Lessons written in Markdown, as HTML that is safe to show whoever wrote them."""

from functools import lru_cache

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

# CommonMark with tables. HTML in the source is shown as the text it is.
_PARSER = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
_TAGS = {
    "a", "blockquote", "br", "code", "del", "div", "em", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p",
    "pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}, "th": {"scope"}, "div": {"class", "tabindex"}}
_DEEPEST = 6


def render(text: str, *, title: str = "") -> SafeString:
    """Return Markdown as HTML under the page's own heading; a heading that says `title` is left out."""
    return mark_safe(_render(text, title))  # noqa: S308 - cleaned by nh3


@lru_cache(maxsize=256)
def _render(text: str, title: str) -> str:
    tokens = _PARSER.parse(text)
    if title and title in _first_heading(tokens):
        tokens = tokens[3:]
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1]) + 1, _DEEPEST)}"
        elif token.type == "th_open":
            token.attrSet("scope", "col")
            token.attrs.pop("style", None)
    html = _PARSER.renderer.render(tokens, _PARSER.options, {})
    # A wide table scrolls by itself, also by keyboard, and leaves the page where it is.
    html = html.replace("<table>", '<div class="table-scroll" tabindex="0"><table class="table">')
    html = html.replace("</table>", "</table></div>")
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES | {"table": {"class"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer",
    )


def _first_heading(tokens: list[Token]) -> str:
    is_heading = bool(tokens) and tokens[0].type == "heading_open" and tokens[0].tag == "h1"
    return tokens[1].content.strip() if is_heading else ""
