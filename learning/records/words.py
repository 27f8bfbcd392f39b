"""Statements in words, as a line of somebody's timeline."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from learning.records.vocabulary import FAILED, PASSED, SENTENCES, VERBS, Extension
from learning.records.xapi.forms import choose_language

_DURATION = re.compile(
    r"P(?:([\d.]+)W)?(?:([\d.]+)Y)?(?:([\d.]+)M)?(?:([\d.]+)D)?(?:T(?:([\d.]+)H)?(?:([\d.]+)M)?(?:([\d.]+)S)?)?"
)
# Thai has no comma between what belongs together.
_SEPARATOR = {"th": " "}
# A place in a video lies within four days.
_LONGEST = 360_000
_SECONDS = (604_800, 31_536_000, 2_592_000, 86_400, 3600, 60, 1)


def sentence(statement: dict[str, Any]) -> str:
    """Return what somebody did: "Took the pre-test, score 7/10"."""
    verb, about = statement["verb"], statement["object"]
    known, what = VERBS.get(verb["id"]), name_of(about)
    if known is None:
        said = f"{_in_language(verb.get('display')) or verb['id']} {what}"
    else:
        kind = (about.get("definition") or {}).get("type", "")
        said = str(SENTENCES.get((known.iri, kind), known.sentence)) % {"what": what}
        if get_language() == "th":
            # Thai is written without blanks between a verb, its object and what follows.
            said = _closed_up(said, what)
    judged = known in (PASSED, FAILED)
    return _SEPARATOR.get(get_language() or "th", ", ").join(
        [said, *_outcome(statement.get("result", {}), judged=judged), *_jump(statement)]
    )


def _closed_up(said: str, what: str) -> str:
    before, found, after = said.partition(what)
    if not found:
        return said
    before = before.rstrip() if _is_thai(what[:1]) else before
    return before + what + (after.lstrip() if _is_thai(what[-1:]) else after)


def _is_thai(letter: str) -> bool:
    return "\u0e00" <= letter <= "\u0e7f"


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


def _outcome(result: dict[str, Any], *, judged: bool) -> list[str]:
    said = []
    score = result.get("score", {})
    if "raw" in score and "max" in score:
        said.append(_("score %(raw)s/%(max)s") % {"raw": _plain(score["raw"]), "max": _plain(score["max"])})
    elif "raw" in score:
        said.append(_("score %(raw)s") % {"raw": _plain(score["raw"])})
    elif "scaled" in score:
        said.append(_("score %(share)s%%") % {"share": _plain(round(score["scaled"] * 100, 1))})
    if "success" in result and not judged:
        said.append(_("passed") if result["success"] else _("not passed"))
    return said


def _jump(statement: dict[str, Any]) -> list[str]:
    """Say where in a video something happened."""
    extensions = statement.get("result", {}).get("extensions", {})
    places = [extensions.get(name) for name in (Extension.TIME_FROM, Extension.TIME_TO, Extension.TIME)]
    begin, end, at = (_clock(place) for place in places)
    if begin and end:
        return [_("from %(begin)s to %(end)s") % {"begin": begin, "end": end}]
    return [_("at %(at)s") % {"at": at}] if at else []


def _clock(seconds: Any) -> str:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < _LONGEST:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _plain(number: float) -> str:
    return f"{number:g}" if abs(number) < 1e6 else str(number)  # noqa: PLR2004 (no exponents for people)


def _in_language(texts: Any) -> str:
    if not texts:
        return ""
    return str(texts[choose_language(list(texts), [get_language() or "th", "th", "en"])])
