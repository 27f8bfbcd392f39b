"""Thai as people write and read it: dates, numbers and durations as text, and what is typed made regular.

Pure: no settings, no clock, no language of the request.

Dates are in the Buddhist era (common era + 543), which Thailand has counted from 1 January since 2484
(1941); times are written as the government writes them, 16.30 น. Callers convert to Bangkok time first.
"""

import datetime as dt
import re
import unicodedata
from decimal import Decimal
from functools import lru_cache

from pythainlp.util import normalize

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
_INVISIBLE = re.compile("[\u200b-\u200d\u2060\ufeff]")
_SPACE = re.compile(r"\s+")
# Vowels and marks in a row, of which no word has more than four.
_MARKS = re.compile("([\u0e30-\u0e3a\u0e40-\u0e4e]{20})[\u0e30-\u0e3a\u0e40-\u0e4e]+")
# Longer than any field: refused by whoever asked, so its letters need no order.
_LONGEST_FIELD = 10_000
_LONGEST_NAME = 200
# Nobody types a common-era year this late or a Buddhist one this early.
_FIRST_BUDDHIST_YEAR = 2300
_DATE = re.compile(r"(\d{1,4})\s*[-/. ]\s*(\d{1,2})\s*[-/. ]\s*(\d{1,4})(?: 00:00:00)?")
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
    """Return the common-era year of a year given in either era."""
    return year - BUDDHIST_ERA if year >= _FIRST_BUDDHIST_YEAR else year


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


def squeeze(text: str) -> str:
    """Return `text` with runs of white space made one space and the ends trimmed."""
    return _SPACE.sub(" ", text).strip()


def tidy(text: str) -> str:
    """Return Thai text in its standard spelling, so that what looks the same is the same.

    A tone mark typed before its vowel, or น้ํา for น้ำ, looks right on a screen but is printed with stacked
    marks in the wrong place and is found by no search. NFC alone leaves these; pythainlp puts them right.
    """
    return (_tidy_name if len(text) <= _LONGEST_NAME else _tidy)(text)


def _tidy(text: str) -> str:
    if len(text) <= _LONGEST_FIELD:
        # Sorting marks takes the square of a run of them.
        text = unicodedata.normalize("NFC", text)
    # So does pythainlp's normalize: three seconds for a run of 8,000.
    return squeeze(normalize(_MARKS.sub(r"\1", _INVISIBLE.sub("", text))))


# A list of persons repeats titles, positions and most first names thousands of times.
_tidy_name = lru_cache(maxsize=10_000)(_tidy)


def parse_year(text: str) -> int:
    """Return the common-era year of what was typed, in Thai or Arabic digits. Raises ValueError."""
    digits = to_arabic_numerals(squeeze(text)).removeprefix("พ.ศ.").strip()
    if not re.fullmatch(r"[0-9]{4}", digits):
        raise ValueError(text)
    return common_year(int(digits))


def parse_date(text: str) -> dt.date:
    """Return the date typed as day/month/year or year-month-day, in either era. Raises ValueError."""
    found = _DATE.fullmatch(to_arabic_numerals(squeeze(text)))
    if not found:
        raise ValueError(text)
    first, month, last = found.groups()
    day, year = (last, first) if len(first) > 2 else (first, last)  # noqa: PLR2004  a day has two digits
    if len(year) != 4:  # noqa: PLR2004  two-digit years are anybody's guess
        raise ValueError(text)
    return dt.date(common_year(int(year)), int(month), int(day))


def typed_date(day: dt.date) -> str:
    """Return a date as people type it: 1/10/2558."""
    return f"{day.day}/{day.month}/{buddhist_year(day.year)}"
