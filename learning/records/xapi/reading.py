"""Read JSON strictly: what others let pass (NaN, 1e999, a key twice, half a surrogate) is refused."""

import json
import math
import re
from typing import Any

from learning.records.xapi.rules import Broken, Rule

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise Broken(Rule.NO_DUPLICATE_KEYS)
    return read


def _no_constant(_name: str) -> None:
    raise Broken(Rule.JSON)


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        # It would be written out as Infinity, which is no JSON.
        raise Broken(Rule.JSON)
    return number


_decode = json.JSONDecoder(object_pairs_hook=_object, parse_float=_finite, parse_constant=_no_constant).decode


def read_json(raw: bytes) -> Any:
    """Return the value of a JSON text. Raises Broken."""
    try:
        text = raw.decode()
        value = _decode(text)
        if _SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError as error:
        raise Broken(Rule.NOT_TOO_DEEP) from error
    except ValueError as error:
        # Also UnicodeError, and numbers of more digits than Python converts.
        raise Broken(Rule.JSON) from error
    return value
