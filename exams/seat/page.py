"""What the candidate's browser is shown: the exam page, the check before submitting, the receipt.

The page is whole without scripts: the paper is a form, and its buttons save and submit. Scripts turn the
same markup into the one-question view that saves by itself.
"""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import escape
from django.utils.translation import gettext as _

from exams.papers.models import Form
from exams.papers.services import figures_of
from exams.seat.chain import Entry, Sheet
from exams.seat.journal import now_ms, read_sheets, to_ms
from exams.seat.keys import Claims, receipt_public_key
from exams.seat.models import EntryKind, Sitting
from exams.seat.places import place_of
from exams.seat.services import receipt_for, seat_path
from exams.seat.texts import exam_texts, over_texts, waiting_texts

# Where number and seat code are typed.
_DOOR = "/seat/"
# Positions and options are numbers on a form; anything longer is not one.
_MAX_DIGITS = 4


@dataclass(frozen=True)
class Page:
    """A rendered HTML page."""

    status: int
    html: bytes


def exam_page(
    claims: Claims,
    *,
    is_review: bool = False,
    notice: str = "",
    is_plain: bool = False,
    unsaved: QueryDict | None = None,
) -> Page:
    """Render the sitting as it stands: waiting room, paper, check before submitting, time over, or receipt.

    `is_plain` asks for the paper from the server where a browser cannot open a sealed one. `unsaved` is a
    form that came while the clock stood still; the page holds on to it. Raises Sitting.DoesNotExist and
    ChainBroken.
    """
    sitting = Sitting.objects.select_related("form__sealed", "person", "admission").get(pk=claims.sitting)
    sheet = read_sheets([sitting.pk])[sitting.pk]
    now, is_sealed = now_ms(), hasattr(sitting.form, "sealed")
    is_waiting = now < to_ms(sitting.starts_at)
    with translation.override(claims.language):
        path = seat_path(sitting.pk)
        context = {
            "language": claims.language,
            "path": path,
            "paper_path": f"{path}?plain" if is_sealed else path,
            "sitting": sitting,
            "form": sitting.form,
            "enter_path": _DOOR,
            "is_sealed": is_sealed,
            "is_waiting": is_waiting,
        }
        if sheet.closed is not None:
            proof = {"receipt": receipt_for(sitting, sheet), "public_key": receipt_public_key()}
            return _page("seat/receipt.html", context | proof)
        if claims.generation != sheet.generation:
            return _page("seat/elsewhere.html", context, status=409)
        data = _script_data(sitting, sheet, claims, now)
        if to_ms(sitting.deadline) <= now and sitting.paused_at is None:
            return _page("seat/time_over.html", context | {"data": data | {"text": over_texts()}})
        if is_waiting or (is_sealed and not is_plain):
            return _page("seat/day.html", context | _day(sitting, data, now))
        if sitting.paused_at is not None:
            return _page("seat/paused.html", context | {"unsaved": _answer_fields(unsaved)})
        parts = _parts(sitting.form, sheet)
        context |= {
            "parts": parts,
            "data": data | {"text": exam_texts()},
            "notice": notice,
            "total": data["total"],
            "answered": len(sheet.choices),
            "unanswered": [n for n in range(1, data["total"] + 1) if n not in sheet.choices],
            "flagged": sorted(sheet.flags),
            "minutes_left": (to_ms(sitting.deadline) - now) // 60_000,
        }
        return _page("seat/review.html" if is_review else "seat/exam.html", context)


def _day(sitting: Sitting, data: dict[str, Any], now: int) -> dict[str, Any]:
    """Return what the waiting room shows, and the markup that its script fills with the opened paper."""
    is_sealed = hasattr(sitting.form, "sealed")
    place = place_of(sitting.pk)
    admission = getattr(sitting, "admission", None)
    spread = settings.SEAT_KEY_SPREAD if is_sealed else _RELOAD_SPREAD
    return {
        "place": place,
        "number": admission.number if admission else place.number if place else "",
        "refresh": max(2, min(60, (to_ms(sitting.starts_at) - now) // 1000 + 1)),
        "stencil": _STENCIL,
        "practice": [_practice()],
        "data": data
        | {
            "isSealed": is_sealed,
            # Without a password: whoever must come in again needs a code.
            "returnPath": _DOOR if is_sealed else sitting.return_path,
            "spread": round(spread.total_seconds() * 1000),
            "text": exam_texts() | waiting_texts(),
        },
    }


# One part, item, option and figure whose values are the names that stencil.js replaces.
_STENCIL = [
    {
        "heading": [{"title": "{title}"}],
        "items": [
            {
                "n": "{n}",
                "stem": [{"text": "{text}", "lang": "{lang}"}],
                "figure": [{name: f"{{{name}}}" for name in ("source", "alt", "width", "height")}],
                "options": [{"number": "{number}", "text": "{text}", "lang": "{lang}"}],
            }
        ],
    }
]
# A room that waits for a paper which is not sealed loads it within so long.
_RELOAD_SPREAD = timedelta(seconds=3)


def _practice() -> dict[str, Any]:
    stem = _("This question is for practice and does not count. Which of these is a colour of the Thai flag?")
    options = [_("Yellow"), _("Red"), _("Green"), _("Black")]
    return {"n": 0} | _spoken(stem, options, translation.get_language())


def enter_page(*, language: str, number: str = "", error: str = "", left: int = 0, status: int = 200) -> Page:
    """Render the form for candidate number and seat code, with what was wrong with the last attempt."""
    html = _enter_html(language, error, left)
    html = html.replace(_NONCE.encode(), secrets.token_hex(16).encode())
    return Page(status, html.replace(_NUMBER.encode(), escape(number).encode()))


# What stands in the page in the place of what differs from one candidate to the next.
_NONCE, _NUMBER = "{nonce}", "{number}"


@lru_cache(maxsize=100)
def _enter_html(language: str, error: str, left: int) -> bytes:
    """Return the form without nonce and number, drawn once: everybody comes through it, known or not."""
    with translation.override(language):
        refusals = _refusals()
        context = {
            "language": language,
            "number": _NUMBER,
            "error": refusals.get(error, refusals["unavailable"]) % {"left": left} if error else "",
            "at_fault": ("number" if error in _ABOUT_THE_NUMBER else "code") if error else "",
            "enter_path": f"{_DOOR}enter",
            "nonce": _NONCE,
            "data": {
                "refusals": refusals,
                "aboutTheNumber": _ABOUT_THE_NUMBER,
                "thaiKeyboard": _(
                    "The keyboard is switched to Thai. Switch it to English to type the letters."
                ),
            },
        }
        return _page("seat/enter.html", context).html


_ABOUT_THE_NUMBER = ("not_admitted", "malformed")


def _refusals() -> dict[str, str]:
    """Return the sentence for each code with which the door stays shut; ``%(left)s`` is the tries left."""
    return {
        "not_admitted": _("This candidate number has not been admitted. Check it, or ask the invigilator."),
        "wrong_code": _("The code is not right. %(left)s more tries."),
        "code_locked": _("The code no longer works after too many tries. Ask the invigilator for a new one."),
        "code_used": _("The code was used on another page already. Ask the invigilator for a new one."),
        "code_expired": _("The code is too old. Ask the invigilator for a new one."),
        "too_many_tries": _("Too many wrong codes came from this place. Wait a minute and try again."),
        "malformed": _("Type the candidate number and the code again."),
        "unavailable": _(
            "The examination system does not answer just now. Wait a moment; this page tries again by itself."
        ),
    }


@lru_cache(maxsize=100)
def problem_page(code: str, *, status: int, language: str = "th") -> Page:
    """Render a problem for a person: what happened, what to do, and the way back to the portal."""
    with translation.override(language):
        title, advice = _problems().get(code) or _problems()["not_found"]
        context = {"language": language, "title": title, "advice": advice, "enter_path": _DOOR}
        return _page("seat/problem.html", context, status=status)


def _problems() -> dict[str, tuple[str, str]]:
    again = _("Go back to your page and choose “Continue”. Every answer that was saved is still there.")
    wait = (
        _("The answers cannot be reached for a moment"),
        _("Please wait a minute and reload the page. Every answer that was saved is still there."),
    )
    return {
        "token_invalid": (_("This page cannot tell which sitting is yours"), again),
        "token_expired": (_("The permission to open this sitting has expired"), again),
        "wrong_sitting": (_("This sitting is not the one you opened"), again),
        "unknown_sitting": (
            _("There is no such sitting"),
            _("Go back to your page and choose a test there."),
        ),
        "not_found": (_("There is no such page"), again),
        "foreign_origin": (_("The form did not come from this page"), again),
        "malformed": (_("The form could not be read"), again),
        "too_large": (_("The form is too large"), again),
        "unavailable": wait,
        "too_fast": wait,
    }


def form_entries(form: QueryDict, claims: Claims) -> list[Entry]:
    """Return what a form posted without scripts changes; the journal gives the numbers.

    Only items that the form names count: ``a<n>`` is the option chosen (0 for none), ``f<n>`` the flag.
    Fields that are not numbers are ignored, since no page of ours sends them.
    """
    sheet = read_sheets([claims.sitting])[claims.sitting]
    entries = []
    for name, value in form.items():
        position = name[1:]
        if not (name.startswith("a") and _is_number(position) and _is_number(str(value))):
            continue
        item, choice, flag = int(position), int(str(value)), f"f{position}" in form
        if choice != sheet.choices.get(item, 0) or flag != (item in sheet.flags):
            entries.append(Entry(0, EntryKind.ANSWER, item, choice, flag, now_ms()))
    return entries


def _answer_fields(form: QueryDict | None) -> list[tuple[str, str]]:
    """Return the fields of a posted form that answer or flag something, as `form_entries` reads them."""
    fields = form.items() if form is not None else ()
    return [(name, str(value)) for name, value in fields if name[:1] in "af" and _is_number(name[1:])]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS


def _page(template: str, context: dict[str, Any], *, status: int = 200) -> Page:
    return Page(status, render_to_string(template, context).encode())


def _parts(form: Form, sheet: Sheet) -> list[dict[str, Any]]:
    """Return the paper in its sections, a paper without any as one, in the shape that paper.js builds too."""
    items, figures = form.paper["items"], figures_of(form)

    def shown(item: dict[str, Any], language: str) -> dict[str, Any]:
        return {
            "n": item["n"],
            "figure": [figure | {"source": figures[figure["sha256"]]}]
            if (figure := item.get("figure"))
            else [],
            "choice": sheet.choices.get(item["n"], 0),
            "is_flagged": item["n"] in sheet.flags,
        } | _spoken(item["stem"], item["options"], language)

    return [
        {
            "heading": [{"title": section["title"]}] if section["title"] else [],
            "items": [
                shown(item, section.get("lang", "th"))
                for item in items[section["first"] - 1 : section["first"] - 1 + section["count"]]
            ],
        }
        for section in form.paper.get("sections") or [{"title": "", "first": 1, "count": len(items)}]
    ]


_THAI_LETTER = re.compile("[ก-๛]")


def _spoken(stem: str, options: Sequence[str], language: str) -> dict[str, Any]:
    """Return an item's texts, each with the language in which a screen reader is to speak it.

    In a part of another language a line with a Thai letter is Thai: the instruction above the question.
    """

    def said(text: str) -> dict[str, Any]:
        return {"text": text, "lang": "th" if _THAI_LETTER.search(text) else language}

    return {
        "stem": [said(line) for line in stem.splitlines(keepends=True)],
        "options": [{"number": number} | said(option) for number, option in enumerate(options, start=1)],
    }


def _script_data(sitting: Sitting, sheet: Sheet, claims: Claims, now: int) -> dict[str, Any]:
    """Return what the scripts need beside the markup; times in epoch milliseconds."""
    return {
        "sitting": sitting.pk,
        "generation": claims.generation,
        "nextSeq": sheet.count + 1,
        "now": now,
        "starts": to_ms(sitting.starts_at),
        "deadline": to_ms(sitting.deadline),
        "paused": to_ms(sitting.paused_at) if sitting.paused_at else 0,
        "total": len(sitting.form.paper["items"]),
        "sheet": [
            [n, sheet.choices.get(n, 0), n in sheet.flags, changed]
            for n, changed in sorted(sheet.changed_ms.items())
        ],
        "returnPath": sitting.return_path,
    }
