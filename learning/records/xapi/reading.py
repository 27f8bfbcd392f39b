"""Read JSON strictly: what others let pass (NaN, 1e999, a key twice, half a surrogate) is refused."""

import json
from typing import Any

import msgspec

from learning.records.xapi.rules import Broken, Rule

# Refuses everything that is refused here but a key twice, of which it keeps the last.
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode
# What can just be read here can perhaps not be compared, or shown on a page, where the stack is higher.
_DEEPEST = 100


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise Broken(Rule.NO_DUPLICATE_KEYS)
    return read


_decode_distinct = json.JSONDecoder(object_pairs_hook=_distinct).decode


def read_json(raw: bytes) -> Any:
    """Return the value of a JSON text. Raises Broken."""
    try:
        value = _decode(raw)
        if raw.count(b"[") + raw.count(b"{") > _DEEPEST and _is_deep(value):
            raise Broken(Rule.NOT_TOO_DEEP)
        if _may_name_twice(raw, value):
            _decode_distinct(raw.decode())
    except RecursionError as error:
        raise Broken(Rule.NOT_TOO_DEEP) from error
    except (msgspec.DecodeError, ValueError) as error:
        # Also UnicodeError, and numbers of more digits than Python converts.
        raise Broken(Rule.JSON) from error
    return value


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(_DEEPEST):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) is dict or type(inner) is list
        ]
        if not level:
            return False
    return True


def _may_name_twice(raw: bytes, value: Any) -> bool:
    r"""Say whether a text may name a property twice: written again, it has fewer quotation marks.

    A pair that went missing has taken at least the two of its name along; nothing else changes their number,
    but for one that came as ``\u0022``. To look at every pair takes longer than to read the text.
    """
    return b"\\u0022" in raw or raw.count(b'"') != _encode(value).count(b'"')
