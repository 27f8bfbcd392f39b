"""Thai dates, numbers and durations as text. Pure: no settings, no clock, no language of the request.

Dates are in the Buddhist era (common era + 543), which Thailand has counted from 1 January since 2484
(1941); times are written as the government writes them, 16.30 น. Callers convert to Bangkok time first.
"""

import datetime as dt
import re
from decimal import Decimal

BUDDHIST_ERA = 543

MONTHS = (
    "มกราคม",
    "กุมภาพันธ์",
    "มีนาคม",
    "เมษายน",
    "พฤษภาคม",
    "มิถุนายน",
    "กรกฎาคม",
    "สิงหาคม",
    "กันยายน",
    "ตุลาคม",
    "พฤศจิกายน",
    "ธันวาคม",
)
SHORT_MONTHS = (
    "ม.ค.",
    "ก.พ.",
    "มี.ค.",
    "เม.ย.",
    "พ.ค.",
    "มิ.ย.",
    "ก.ค.",
    "ส.ค.",
    "ก.ย.",
    "ต.ค.",
    "พ.ย.",
    "ธ.ค.",
)
_TO_THAI = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")
_TO_ARABIC = str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")
_TEXT_OF_MARKUP = re.compile(r"(?:<[^>]*>|&[^;\s]*;)|([^<&]+)")
_UNITS = (("วัน", 86400), ("ชั่วโมง", 3600), ("นาที", 60), ("วินาที", 1))
_ENGLISH_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))


def to_thai_numerals(text: str) -> str:
    """Write the digits of `text` as ๐–๙ and leave everything else."""
    return text.translate(_TO_THAI)


def to_thai_numerals_in_markup(html: str) -> str:
    """Write the digits of a page's text as ๐–๙; tags, attributes and character references stay."""
    return _TEXT_OF_MARKUP.sub(lambda part: to_thai_numerals(part[0]) if part[1] else part[0], html)


def to_arabic_numerals(text: str) -> str:
    """Write Thai digits as 0–9: what a person typed becomes what a parser reads."""
    return text.translate(_TO_ARABIC)


def buddhist_year(year: int) -> int:
    """Return the Buddhist-era year of a common-era one."""
    return year + BUDDHIST_ERA


def common_year(year: int) -> int:
    """Return the common-era year of a Buddhist-era one."""
    return year - BUDDHIST_ERA


def date_text(value: dt.date, *, short: bool = False) -> str:
    """Write a date: 21 พฤศจิกายน 2569, or short 21 พ.ย. 2569."""
    month = (SHORT_MONTHS if short else MONTHS)[value.month - 1]
    return f"{value.day} {month} {buddhist_year(value.year)}"


def time_text(value: dt.time | dt.datetime) -> str:
    """Write a time of day: 16.05 น."""
    return f"{value.hour:02}.{value.minute:02} น."


def datetime_text(value: dt.datetime, *, short: bool = False) -> str:
    """Write a date and time: 21 พฤศจิกายน 2569 เวลา 16.05 น., or short 21 พ.ย. 2569 16.05 น."""
    return f"{date_text(value, short=short)} {'' if short else 'เวลา '}{time_text(value)}"


def number_text(value: Decimal | float, places: int | None = None) -> str:
    """Write a number with thousands separators; `places` after the point, or as many as it has."""
    return f"{value:,.{places}f}" if places is not None else f"{value:,}"


def _parts(value: dt.timedelta, units: tuple[tuple[str, int], ...]) -> list[tuple[int, str]]:
    left = max(0, round(value.total_seconds()))
    parts = []
    for unit, seconds in units:
        count, left = divmod(left, seconds)
        if count:
            parts.append((count, unit))
    return parts or [(0, units[-1][0])]


def duration_text(value: dt.timedelta) -> str:
    """Write a duration in days, hours, minutes and whole seconds, leaving out what is nought."""
    return " ".join(f"{count} {unit}" for count, unit in _parts(value, _UNITS))


def english_duration_text(value: dt.timedelta) -> str:
    """Write a duration in English, by the same rule."""
    return " ".join(
        f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in _parts(value, _ENGLISH_UNITS)
    )
