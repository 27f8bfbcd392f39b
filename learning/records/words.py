"""Statements in words, as a line of somebody's timeline."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from learning.records.vocabulary import VERBS
from learning.records.xapi.forms import choose_language

_DURATION = re.compile(
    r"P(?:([\d.]+)W)?(?:([\d.]+)Y)?(?:([\d.]+)M)?(?:([\d.]+)D)?(?:T(?:([\d.]+)H)?(?:([\d.]+)M)?(?:([\d.]+)S)?)?"
)
_SECONDS = (604_800, 31_536_000, 2_592_000, 86_400, 3600, 60, 1)


def sentence(statement: dict[str, Any]) -> str:
    """Return what somebody did: "Passed Information Act, 7/10"."""
    verb = statement["verb"]
    known = VERBS.get(verb["id"])
    what = name_of(statement["object"])
    if known is not None:
        said = str(known.sentence) % {"what": what}
    else:
        said = f"{_in_language(verb.get('display')) or verb['id']} {what}"
    return ", ".join([said, *_outcome(statement.get("result", {}))])


def name_of(about: dict[str, Any]) -> str:
    """Return the name of an activity or agent, its id where it has none."""
    definition = about.get("definition") or {}
    if about.get("objectType") == "SubStatement":
        return sentence(about)
    named = _in_language(definition.get("name")) or about.get("name") or about.get("id")
    return str(named or _("somebody"))


def duration_of(text: str) -> timedelta | None:
    """Return a duration of ISO 8601; a month has 30 days. None where it cannot be read."""
    match = _DURATION.fullmatch(text.replace(",", "."))
    if match is None:
        return None
    parts = zip(match.groups(), _SECONDS, strict=True)
    try:
        return timedelta(seconds=float(sum(Decimal(part) * size for part, size in parts if part)))
    except OverflowError:
        return None


def _outcome(result: dict[str, Any]) -> list[str]:
    said = []
    score = result.get("score", {})
    if "raw" in score and "max" in score:
        said.append(_("score %(raw)s/%(max)s") % {"raw": _plain(score["raw"]), "max": _plain(score["max"])})
    elif "raw" in score:
        said.append(_("score %(raw)s") % {"raw": _plain(score["raw"])})
    elif "scaled" in score:
        said.append(_("score %(share)s%%") % {"share": _plain(round(score["scaled"] * 100, 1))})
    if "success" in result:
        said.append(_("passed") if result["success"] else _("not passed"))
    return said


def _plain(number: float) -> str:
    return f"{number:g}" if abs(number) < 1e6 else str(number)  # noqa: PLR2004 (no exponents for people)


def _in_language(texts: Any) -> str:
    if not texts:
        return ""
    return str(texts[choose_language(list(texts), [get_language() or "th", "th", "en"])])
