"""What the candidate's browser is shown: the exam page, the check before submitting, the receipt.

The page is whole without scripts: the paper is a form, and its buttons save and submit. Scripts turn the
same markup into the one-question view that saves by itself.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any

from django.conf import settings
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from exams.papers.services import figures_of
from exams.seat.chain import Entry, Sheet
from exams.seat.journal import now_ms, read_sheets, to_ms
from exams.seat.keys import Claims, receipt_public_key
from exams.seat.models import EntryKind, Sitting
from exams.seat.services import receipt_for, seat_path

# Positions and options are numbers on a form; anything longer is not one.
_MAX_DIGITS = 4


@dataclass(frozen=True)
class Page:
    """A rendered HTML page."""

    status: int
    html: bytes


def exam_page(claims: Claims, *, is_review: bool = False, notice: str = "") -> Page:
    """Render the sitting as it stands: the paper, the check before submitting, or the receipt.

    Raises Sitting.DoesNotExist and ChainBroken.
    """
    sitting = Sitting.objects.select_related("form", "person").get(pk=claims.sitting)
    sheet = read_sheets([sitting.pk])[sitting.pk]
    with translation.override(claims.language):
        context = {
            "language": claims.language,
            "path": seat_path(sitting.pk),
            "sitting": sitting,
            "form": sitting.form,
        }
        if sheet.closed is not None:
            proof = {"receipt": receipt_for(sitting, sheet), "public_key": receipt_public_key()}
            return _page("seat/receipt.html", context | proof)
        if claims.generation != sheet.generation:
            return _page("seat/elsewhere.html", context, status=409)
        if to_ms(sitting.deadline) <= now_ms():
            return _page("seat/time_over.html", context)
        items = _items(sitting, sheet)
        context |= {
            "items": items,
            "notice": notice,
            "answered": len(sheet.choices),
            "unanswered": [item["n"] for item in items if not item["choice"]],
            "flagged": sorted(sheet.flags),
            "minutes_left": (to_ms(sitting.deadline) - now_ms()) // 60_000,
        }
        if is_review:
            return _page("seat/review.html", context)
        return _page("seat/exam.html", context | {"data": _script_data(sitting, sheet, claims)})


def language_of(headers: Mapping[bytes, bytes]) -> str:
    """Return the language that the portal's switch left in a cookie; Thai unless it was switched."""
    cookies: SimpleCookie = SimpleCookie(headers.get(b"cookie", b"").decode("latin-1"))
    chosen = cookies.get(settings.LANGUAGE_COOKIE_NAME)
    known = dict(settings.LANGUAGES)
    return chosen.value if chosen is not None and chosen.value in known else settings.LANGUAGE_CODE


def enter_page(*, language: str, number: str = "", error: str = "", left: int = 0, status: int = 200) -> Page:
    """Render the form for candidate number and seat code, with what was wrong with the last attempt."""
    with translation.override(language):
        context = {
            "language": language,
            "number": number,
            "error": _refusals(left).get(error, ""),
            "enter_path": "/seat/enter",
            "nonce": secrets.token_hex(16),
        }
        return _page("seat/enter.html", context, status=status)


def _refusals(left: int) -> dict[str, str]:
    return {
        "not_admitted": _("This candidate number has not been admitted. Check it, or ask the invigilator."),
        "wrong_code": _("The code is not right. %(left)s more tries.") % {"left": left},
        "code_locked": _("The code no longer works after too many tries. Ask the invigilator for a new one."),
        "code_used": _("The code was used on another page already. Ask the invigilator for a new one."),
        "code_expired": _("The code is too old. Ask the invigilator for a new one."),
        "too_many_tries": _("Too many wrong codes came from this place. Wait a minute and try again."),
        "malformed": _("Type the candidate number and the code again."),
    }


def problem_page(code: str, *, status: int, language: str = "th") -> Page:
    """Render a problem for a person: what happened, what to do, and the way back to the portal."""
    with translation.override(language):
        title, advice = _problems().get(code) or _problems()["not_found"]
        context = {"language": language, "title": title, "advice": advice}
        return _page("seat/problem.html", context, status=status)


def _problems() -> dict[str, tuple[str, str]]:
    again = _("Go back to your page and choose “Continue”. Every answer that was saved is still there.")
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
        "unavailable": (
            _("The answers cannot be reached for a moment"),
            _("Please wait a minute and reload the page. Every answer that was saved is still there."),
        ),
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


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS


def _page(template: str, context: dict[str, Any], *, status: int = 200) -> Page:
    return Page(status, render_to_string(template, context).encode())


def _items(sitting: Sitting, sheet: Sheet) -> list[dict[str, Any]]:
    figures = figures_of(sitting.form)
    return [
        {
            "n": item["n"],
            "stem": item["stem"],
            "figure": figure | {"url": figures[figure["sha256"]]} if (figure := item.get("figure")) else None,
            "options": list(enumerate(item["options"], start=1)),
            "choice": sheet.choices.get(item["n"], 0),
            "is_flagged": item["n"] in sheet.flags,
        }
        for item in sitting.form.paper["items"]
    ]


def _script_data(sitting: Sitting, sheet: Sheet, claims: Claims) -> dict[str, Any]:
    """Return what the scripts need beside the markup; times in epoch milliseconds."""
    return {
        "sitting": sitting.pk,
        "generation": claims.generation,
        "nextSeq": sheet.count + 1,
        "now": now_ms(),
        "deadline": to_ms(sitting.deadline),
        "total": len(sitting.form.paper["items"]),
        "sheet": [
            [n, sheet.choices.get(n, 0), n in sheet.flags, changed]
            for n, changed in sorted(sheet.changed_ms.items())
        ],
        "returnPath": sitting.return_path,
        "text": {
            "saved": _("All answers saved"),
            "sending": _("Sending…"),
            "kept": _("No connection: kept on this device, will be sent by itself"),
            "memory": _(
                "This browser cannot keep answers on the device. Do not close the page while offline."
            ),
            "progress": _("%(answered)s of %(total)s answered"),
            "left": _("Time left"),
            "minutesLeft": _("%(minutes)s minutes left"),
            "timeOver": _("Time is over. Your answers are being submitted."),
            "submitting": _("Submitting… please keep this page open."),
            "submitOffline": _("No connection. Your test will be submitted as soon as it is back."),
            "superseded": _("This sitting has been opened on another device or window. Answer there."),
            "otherTab": _("This sitting is open in another tab. Answer there, or close that tab and reload."),
            "tokenInvalid": _("The permission to open this sitting has expired. Continue from your page."),
            "late": _("Answers on this device that arrived too late to count: %(count)s"),
            "back": _("Back to the test"),
            "answered": _("answered"),
            "unanswered": _("not answered"),
            "flagged": _("flagged"),
            "unansweredCount": _("You have not answered %(count)s questions."),
            "allAnswered": _("You have answered every question."),
            "flaggedCount": _("Flagged: %(count)s."),
        },
    }
