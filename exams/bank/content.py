"""What an item says, and what is wrong with it: pure checks shared by form, import and loader."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from exams.bank.models import Difficulty
from learning import thai

MIN_OPTIONS = 2
MAX_OPTIONS = 5
MAX_STEM = 2000
MAX_OPTION = 500
MAX_EXPLANATION = 4000
MAX_PARAGRAPH = 60
MAX_FIGURE_ALT = 500
_THAI_LETTER = re.compile("[ก-ฮ]")


@dataclass(frozen=True)
class Content:
    """The wording and the facts of an item. `key` counts from 0; None where none was chosen."""

    topic: int | None
    difficulty: str
    stem: str
    options: tuple[str, ...]
    key: int | None
    explanation: str = ""
    section: int | None = None
    paragraph: str = ""
    # The figure's SHA-256, and what it shows in words.
    figure: str = ""
    figure_alt: str = ""


@dataclass(frozen=True)
class Problem:
    """What is wrong, and in which field of Content (an option as ``options.<index>``)."""

    field: str
    message: str


def tidy(text: str) -> str:
    """Return typed Thai text with one spelling per letter, single spaces and no blank lines."""
    return "\n".join(filter(None, map(thai.tidy, text.splitlines())))


def fingerprint(text: str) -> str:
    """Return what two texts share when a reader would call them the same."""
    return "".join(thai.to_arabic_numerals(tidy(text)).casefold().split())


def tidied(content: Content) -> Content:
    """Return the content with every text tidied."""
    return replace(
        content,
        stem=tidy(content.stem),
        options=tuple(tidy(option) for option in content.options),
        explanation=tidy(content.explanation),
        paragraph=tidy(content.paragraph),
        figure_alt=" ".join(tidy(content.figure_alt).split()),
    )


def problems(content: Content, *, topics: Iterable[int], max_section: int | None) -> list[Problem]:
    """Return everything that keeps tidied content from being kept, even as a draft."""
    found = []
    if content.topic not in set(topics):
        found.append(Problem("topic", _("Choose a topic of this bank.")))
    if content.difficulty not in Difficulty.values:
        found.append(Problem("difficulty", _("Choose a difficulty.")))
    if not content.stem:
        found.append(Problem("stem", _("Write the question.")))
    found += _too_long(content)
    found += _figure_problems(content)
    found += _option_problems(content.options)
    if content.key is None:
        found.append(Problem("key", _("Mark the option that is right.")))
    elif not 0 <= content.key < len(content.options):
        found.append(Problem("key", _("The option marked as right is empty. Fill it in or mark another.")))
    if content.section is not None:
        found += _section_problems(content.section, max_section)
    return found


def approval_problems(content: Content) -> list[Problem]:
    """Return what an approved item needs beyond what a draft needs."""
    if content.explanation:
        return []
    return [Problem("explanation", _("Write the explanation. An item is not approved without one."))]


def _too_long(content: Content) -> list[Problem]:
    limits = [
        ("stem", content.stem, MAX_STEM),
        ("explanation", content.explanation, MAX_EXPLANATION),
        ("paragraph", content.paragraph, MAX_PARAGRAPH),
        ("figure_alt", content.figure_alt, MAX_FIGURE_ALT),
        *((f"options.{index}", option, MAX_OPTION) for index, option in enumerate(content.options)),
    ]
    return [
        Problem(
            field,
            _("The text has %(length)d characters; at most %(limit)d fit.")
            % {"length": len(text), "limit": limit},
        )
        for field, text, limit in limits
        if len(text) > limit
    ]


def _figure_problems(content: Content) -> list[Problem]:
    if not content.figure:
        if not content.figure_alt:
            return []
        return [Problem("figure", _("There is a description but no figure. Choose the picture file again."))]
    if _THAI_LETTER.search(content.figure_alt):
        return []
    return [Problem("figure_alt", _("Say in Thai what the figure shows, for candidates who cannot see it."))]


def _option_problems(options: Sequence[str]) -> list[Problem]:
    if not MIN_OPTIONS <= len(options) <= MAX_OPTIONS:
        text = _("An item has %(min)d to %(max)d options; this one has %(count)d.") % {
            "min": MIN_OPTIONS,
            "max": MAX_OPTIONS,
            "count": len(options),
        }
        return [Problem("options", text)]
    found = []
    first: dict[str, int] = {}
    for index, option in enumerate(options):
        if not option:
            found.append(Problem(f"options.{index}", _("This option is empty.")))
            continue
        earlier = first.setdefault(fingerprint(option), index)
        if earlier != index:
            text = _("Option %(this)d says the same as option %(other)d.") % {
                "this": index + 1,
                "other": earlier + 1,
            }
            found.append(Problem(f"options.{index}", text))
    return found


def _section_problems(section: int, max_section: int | None) -> list[Problem]:
    if max_section is None:
        return [Problem("section", _("This bank is not about a law, so leave the section empty."))]
    if 1 <= section <= max_section:
        return []
    return [
        Problem(
            "section",
            _("The law has sections 1 to %(last)d; there is no section %(section)d.")
            % {"last": max_section, "section": section},
        )
    ]
