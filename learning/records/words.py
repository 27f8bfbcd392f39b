"""Statements in words, as a line of somebody's timeline."""

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape
from typing import Any
from urllib.parse import unquote

from django.utils.html import strip_tags
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from learning.records.vocabulary import FAILED, OF_OTHERS, PASSED, SENTENCES, VERBS, Extension
from learning.records.xapi.forms import choose_language

_DURATION = re.compile(
    r"P(?:([\d.]+)W)?(?:([\d.]+)Y)?(?:([\d.]+)M)?(?:([\d.]+)D)?(?:T(?:([\d.]+)H)?(?:([\d.]+)M)?(?:([\d.]+)S)?)?"
)
# Thai has no comma between what belongs together.
_SEPARATOR = {"th": " "}
# What a line of a timeline holds; some tools name a question by all of its text.
_LONGEST_NAME = 160
# A place in a video lies within four days.
_LONGEST = 360_000
_SECONDS = (604_800, 31_536_000, 2_592_000, 86_400, 3600, 60, 1)


def sentence(statement: dict[str, Any]) -> str:
    """Return what somebody did: "Took the pre-test, score 7/10"."""
    verb, about = statement["verb"], statement["object"]
    known, what = VERBS.get(verb["id"]), name_of(about)
    if template := _template(verb["id"], (about.get("definition") or {}).get("type", "")):
        said = template % {"what": what}
        if get_language() == "th":
            # Thai is written without blanks between a verb, its object and what follows.
            said = _closed_up(said, what)
    else:
        said = f"{_tidy(_in_language(verb.get('display'))) or _last_part(verb['id'])} {what}"
    judged = known in (PASSED, FAILED)
    return _SEPARATOR.get(get_language() or "th", ", ").join(
        [said, *_outcome(statement.get("result", {}), judged=judged), *_jump(statement)]
    )


def _template(verb: str, kind: str) -> str:
    """Return the sentence for a verb and a kind of activity, empty for a verb that we have no words for."""
    if known := VERBS.get(verb):
        return str(SENTENCES.get((verb, kind), known.sentence))
    return str(OF_OTHERS.get(_last_part(verb), ""))


def _last_part(iri: str) -> str:
    return unquote(re.split("[/#:]", iri.rstrip("/#:"))[-1]) or iri


def _tidy(text: str) -> str:
    """Return a text of somebody's authoring tool on one line, without the marks of a page."""
    plain = " ".join(unescape(strip_tags(text)).split())
    return plain if len(plain) <= _LONGEST_NAME else plain[: _LONGEST_NAME - 1] + "…"


def _closed_up(said: str, what: str) -> str:
    before, found, after = said.partition(what)
    if not found:
        return said
    before = before.rstrip() if _is_thai(what[:1]) else before
    return before + what + (after.lstrip() if _is_thai(what[-1:]) else after)


def _is_thai(letter: str) -> bool:
    return "\u0e00" <= letter <= "\u0e7f"


def name_of(about: dict[str, Any]) -> str:
    """Return the name of an activity or agent; where it has none, what describes it, or its id."""
    definition = about.get("definition") or {}
    if about.get("objectType") == "SubStatement":
        return sentence(about)
    for text in (
        _in_language(definition.get("name")),
        about.get("name"),
        _in_language(definition.get("description")),
    ):
        if text and (named := _tidy(text)):
            return named
    return str(about.get("id") or _("somebody"))


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
