"""Parts of files, as browsers ask for them when somebody jumps in a film (RFC 9110, section 14). Pure."""

import re

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
# First and last byte; without a first one, so many from the end.
Part = tuple[int | None, int | None]


def part(wanted: str) -> Part | None:
    """Read a Range header; None where it asks for no single part, so that all is sent."""
    match = _RANGE.fullmatch(wanted.replace(" ", ""))
    # Of numbers that no file reaches only so much is read.
    first, last = (int(text[:20]) if text else None for text in match.groups()) if match else (None, None)
    backwards = first is not None and last is not None and last < first
    return None if first is last is None or backwards else (first, last)


def within(part: Part, size: int) -> tuple[int, int]:
    """Return (start, length) of a part in a file of `size` bytes; length 0 beyond its end."""
    first, last = part
    if first is None:
        assert last is not None
        return max(size - last, 0), min(last, size)
    end = size if last is None else min(last + 1, size)
    return first, max(end - first, 0)
