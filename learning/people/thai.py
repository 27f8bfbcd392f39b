"""Read what people type in Thai: names, digits, years and dates of the Buddhist era. Pure functions."""

import re
import unicodedata
from datetime import date
from functools import lru_cache

from pythainlp.util import normalize

BUDDHIST_OFFSET = 543
_DIGITS = str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")
_INVISIBLE = re.compile("[\u200b-\u200d\u2060\ufeff]")
_SPACE = re.compile(r"\s+")
# Vowels and marks in a row, of which no word has more than four.
_MARKS = re.compile("([\u0e30-\u0e3a\u0e40-\u0e4e]{20})[\u0e30-\u0e3a\u0e40-\u0e4e]+")
# Longer than any field: refused by whoever asked, so its letters need no order.
_LONGEST = 10_000
# Nobody types a common-era year this late or a Buddhist one this early.
_FIRST_BUDDHIST_YEAR = 2300
_DATE = re.compile(r"(\d{1,4})[-/. ](\d{1,2})[-/. ](\d{1,4})(?: 00:00:00)?")


def arabic_digits(text: str) -> str:
    """Return `text` with Thai digits made Arabic."""
    return text.translate(_DIGITS)


def squeeze(text: str) -> str:
    """Return `text` with runs of white space made one space and the ends trimmed."""
    return _SPACE.sub(" ", text).strip()


# A list of persons repeats titles, positions and most first names thousands of times.
@lru_cache(maxsize=10_000)
def standard(text: str) -> str:
    """Return Thai text with its vowels and marks in the standard order, in time linear in its length.

    pythainlp's normalize alone takes the square of the longest run of marks: seconds for 8,000 of them.
    """
    return str(normalize(_MARKS.sub(r"\1", text)))


def tidy(text: str) -> str:
    """Return Thai text in its standard spelling, so that what looks the same is the same.

    NFC alone leaves variants of น้ำ and doubled marks; pythainlp's normalize puts them right.
    """
    if len(text) <= _LONGEST:
        # Sorting marks takes the square of a run of them.
        text = unicodedata.normalize("NFC", text)
    return squeeze(standard(_INVISIBLE.sub("", text)))


def common_era(year: int) -> int:
    """Return the common-era year of a year typed in either era."""
    return year - BUDDHIST_OFFSET if year >= _FIRST_BUDDHIST_YEAR else year


def parse_year(text: str) -> int:
    """Return the common-era year of what was typed, in Thai or Arabic digits. Raises ValueError."""
    digits = arabic_digits(squeeze(text)).removeprefix("พ.ศ.").strip()
    if not re.fullmatch(r"[0-9]{4}", digits):
        raise ValueError(text)
    return common_era(int(digits))


def parse_date(text: str) -> date:
    """Return the date typed as day/month/year or year-month-day, in either era. Raises ValueError."""
    found = _DATE.fullmatch(arabic_digits(squeeze(text)))
    if not found:
        raise ValueError(text)
    first, month, last = found.groups()
    day, year = (last, first) if len(first) > 2 else (first, last)  # noqa: PLR2004  a day has two digits
    if len(year) != 4:  # noqa: PLR2004  two-digit years are anybody's guess
        raise ValueError(text)
    return date(common_era(int(year)), int(month), int(day))


def buddhist_date(day: date) -> str:
    """Return a date as people type it: 01/10/2558."""
    return f"{day:%d/%m}/{day.year + BUDDHIST_OFFSET}"
