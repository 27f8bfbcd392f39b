"""Formats of single values: IRI, UUID, language tag, timestamp, duration and the identifiers of agents."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from learning.records.xapi.rules import Broken, Rule

_IRI = re.compile(r"""[a-zA-Z][a-zA-Z0-9+.\-]*:[^\x00-\x20<>"{}|\\^`\x7f-\x9f\s\ud800-\udfff]+""")
_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_MBOX = re.compile(r"mailto:[^\x00-\x20@<>\s\ud800-\udfff]+@[^\x00-\x20@<>\s\ud800-\udfff]+")
_SHA1 = re.compile(r"[0-9a-fA-F]{40}")
_SHA2 = re.compile(r"[0-9a-fA-F]{56}|[0-9a-fA-F]{64}|[0-9a-fA-F]{96}|[0-9a-fA-F]{128}")
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+\-]{1,127}/[A-Za-z0-9!#$&^_.+\-]{1,127}([ \t]*;[^\x00-\x1f]*)?")
# RFC 5646, 2.1: langtag, privateuse, and what was registered before there was a grammar.
_LANGUAGE = re.compile(
    r"""(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4}|[a-z]{5,8})   # language, extended language
        (?:-[a-z]{4})?                                          # script
        (?:-(?:[a-z]{2}|[0-9]{3}))?                             # region
        (?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*                # variants
        (?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*                    # extensions
        (?:-x(?:-[a-z0-9]{1,8})+)?                              # private use
      | x(?:-[a-z0-9]{1,8})+
      | en-GB-oed | i-(?:ami|bnn|default|enochian|hak|klingon|lux|mingo|navajo|pwn|tao|tay|tsu)
      | sgn-(?:BE-FR|BE-NL|CH-DE) | art-lojban | cel-gaulish | no-(?:bok|nyn)
      | zh-(?:guoyu|hakka|min|min-nan|xiang)""",
    re.IGNORECASE | re.VERBOSE | re.ASCII,
)
_TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,30}))?)?"
    r"(?:([Zz])|([+-])([0-9]{2})(?::?([0-9]{2}))?)?"
)
# As nearly everybody writes it; Python reads this much itself, and many times as fast.
_USUAL_TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,30})?(?:Z|[+][0-9]{2}:[0-5][0-9])"
)
# Only the last part may have a fraction.
_N = r"[0-9]{1,18}(?:[.,][0-9]{1,18}(?=[A-Z]\Z))?"
_DURATION = re.compile(
    rf"P(?:{_N}W|(?=[0-9T])(?:{_N}Y)?(?:{_N}M)?(?:{_N}D)?(?:T(?=[0-9])(?:{_N}H)?(?:{_N}M)?(?:{_N}S)?)?)"
)

Check = Callable[[Any], None]


def text(value: Any) -> None:
    """Check a string."""
    if type(value) is not str:
        raise Broken(Rule.STRING if value is not None else Rule.NOT_NULL)


def truth(value: Any) -> None:
    """Check a boolean."""
    if type(value) is not bool:
        raise Broken(Rule.BOOLEAN if value is not None else Rule.NOT_NULL)


def number(value: Any) -> None:
    """Check a number; true and false are none."""
    if type(value) is not float and type(value) is not int:
        raise Broken(Rule.NUMBER if value is not None else Rule.NOT_NULL)


def _matches(pattern: re.Pattern[str], rule: Rule) -> Check:
    fullmatch = pattern.fullmatch

    def check(value: Any) -> None:
        if type(value) is not str:
            raise Broken(Rule.STRING if value is not None else Rule.NOT_NULL)
        if fullmatch(value) is None:
            raise Broken(rule)

    return check


iri = _matches(_IRI, Rule.IRI)
uuid = _matches(_UUID, Rule.UUID)
mbox = _matches(_MBOX, Rule.MBOX)
mbox_sha1sum = _matches(_SHA1, Rule.MBOX_SHA1SUM)
sha2 = _matches(_SHA2, Rule.SHA2)
media_type = _matches(_MEDIA_TYPE, Rule.MEDIA_TYPE)
language = _matches(_LANGUAGE, Rule.LANGUAGE)
duration = _matches(_DURATION, Rule.DURATION)


def timestamp(value: Any) -> None:
    """Check a date and time."""
    text(value)
    read_timestamp(value)


def read_timestamp(value: str) -> datetime:
    """Return a date and time in UTC, to the microsecond; no zone means UTC. Raises Broken."""
    if _USUAL_TIMESTAMP.fullmatch(value):
        # What Python refuses may be a leap second.
        with suppress(ValueError, OverflowError):
            return datetime.fromisoformat(value).astimezone(UTC)
    match = _TIMESTAMP.fullmatch(value)
    if match is None:
        raise Broken(Rule.TIMESTAMP)
    year, month, day, hour, minute, second, fraction, _zulu, sign, zone_hours, zone_minutes = match.groups()
    leap = second == "60"
    east = timedelta(hours=int(zone_hours or 0), minutes=int(zone_minutes or 0))
    if (sign == "-" and not east) or east >= timedelta(hours=24) or int(zone_minutes or 0) > 59:  # noqa: PLR2004
        raise Broken(Rule.TIMESTAMP)
    try:
        moment = datetime(
            int(year),
            int(month),
            int(day),
            int(hour),
            int(minute),
            59 if leap else int(second or 0),
            int((fraction or "0")[:6].ljust(6, "0")),
            tzinfo=UTC,
        )
        return moment + timedelta(seconds=leap) - (-east if sign == "-" else east)
    except (ValueError, OverflowError) as error:
        raise Broken(Rule.TIMESTAMP) from error


def write_timestamp(moment: datetime) -> str:
    """Return a moment in UTC with its fraction, which some clients cannot do without."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
