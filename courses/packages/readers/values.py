"""Values as manifests write them. Pure; None where a text is no such value."""

import re
from datetime import timedelta
from decimal import Decimal, InvalidOperation

_CLOCK = re.compile(r"(\d{1,4}):(\d{1,2}):(\d{1,2}(?:\.\d{1,2})?)")
_PERIOD = re.compile(
    r"P(?:(\d{1,3})Y)?(?:(\d{1,4})M)?(?:(\d{1,5})D)?"
    r"(?:T(?:(\d{1,6})H)?(?:(\d{1,8})M)?(?:(\d{1,9}(?:\.\d{1,2})?)S)?)?"
)
# A year and a month as long as they are on average; nobody limits a lesson by them.
_SECONDS = (31_557_600, 2_629_800, 86_400, 3_600, 60, 1)


def share(text: str, *, of: int = 1) -> Decimal | None:
    """Return a number between 0 and `of` as a share of it."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number / of if number.is_finite() and 0 <= number <= of else None


def clock(text: str) -> timedelta | None:
    """Return a SCORM 1.2 timespan: hours:minutes:seconds."""
    match = _CLOCK.fullmatch(text)
    if not match:
        return None
    return timedelta(hours=int(match[1]), minutes=int(match[2]), seconds=float(match[3]))


def period(text: str) -> timedelta | None:
    """Return an ISO 8601 duration."""
    match = _PERIOD.fullmatch(text)
    if not match or not any(match.groups()):
        return None
    numbers = zip(match.groups(), _SECONDS, strict=True)
    return timedelta(seconds=sum(float(number) * unit for number, unit in numbers if number))
