"""The two versions of the specification that the store speaks."""

import re
from enum import StrEnum


class Version(StrEnum):
    """A version, by the name that replies carry."""

    V1 = "1.0.3"
    V2 = "2.0.0"


_REQUESTED = re.compile(r"(1\.0|2\.0)(?:\.[0-9]{1,4})?")
_BY_MINOR = {"1.0": Version.V1, "2.0": Version.V2}


def requested(header: str) -> Version | None:
    """Return the version that a header asks for; None where we do not speak it."""
    match = _REQUESTED.fullmatch(header)
    return _BY_MINOR[match[1]] if match else None
