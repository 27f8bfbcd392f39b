"""Prerequisites of SCORM 1.2 items, in the little language of `adlcp:prerequisites` (aicc_script).

item        that item is done            a & b    both             a = "passed"     its status is
~a          not                          a | b    one of them      a <> "passed"    its status is not
2*{a, b, c} at least two of them         ( )      grouping
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_TOKEN = re.compile(r'\s*(?:(<>|[&|~=(){},*])|"([^"]*)"|([^\s&|~=<>(){},*"]+))')
_MAX_LENGTH = 2000
_MAX_DEPTH = 50


@dataclass(frozen=True)
class _Token:
    sign: str = ""
    word: str = ""


class UnreadablePrerequisites(Exception):
    """The expression follows no grammar."""


def are_met(expression: str, statuses: Mapping[str, str]) -> bool:
    """Say whether the expression holds for the items' statuses, in the words of SCORM 1.2.

    An expression that cannot be read bars nobody: its author cannot mend it for a learner who waits.
    """
    if not expression.strip():
        return True
    try:
        return _Reader(expression, statuses).read()
    except UnreadablePrerequisites:
        return True


class _Reader:
    def __init__(self, expression: str, statuses: Mapping[str, str]) -> None:
        if len(expression) > _MAX_LENGTH:
            raise UnreadablePrerequisites
        self._tokens = list(_tokens(expression))
        self._statuses = statuses
        self._place = 0
        self._depth = 0

    def read(self) -> bool:
        value = self._either()
        if self._place < len(self._tokens):
            raise UnreadablePrerequisites
        return value

    def _either(self) -> bool:
        value = self._both()
        while self._takes("|"):
            # Both sides are read, whatever the first one is.
            value = self._both() or value
        return value

    def _both(self) -> bool:
        value = self._one()
        while self._takes("&"):
            value = self._one() and value
        return value

    def _one(self) -> bool:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise UnreadablePrerequisites
        try:
            if self._takes("~"):
                return not self._one()
            if self._takes("("):
                value = self._either()
                self._needs(")")
                return value
            return self._item_or_set()
        finally:
            self._depth -= 1

    def _item_or_set(self) -> bool:
        word = self._word()
        if self._takes("*"):
            if not word.isdecimal():
                raise UnreadablePrerequisites
            return sum(self._set()) >= int(word[:6])
        status = self._statuses.get(word, "not attempted")
        if self._takes("="):
            return status == self._word().lower()
        if self._takes("<>"):
            return status != self._word().lower()
        return status in {"completed", "passed"}

    def _set(self) -> list[bool]:
        self._needs("{")
        values = [self._either()]
        while self._takes(","):
            values.append(self._either())
        self._needs("}")
        return values

    def _word(self) -> str:
        token = self._next()
        if not token.word:
            raise UnreadablePrerequisites
        return token.word

    def _takes(self, sign: str) -> bool:
        if self._place < len(self._tokens) and self._tokens[self._place].sign == sign:
            self._place += 1
            return True
        return False

    def _needs(self, sign: str) -> None:
        if not self._takes(sign):
            raise UnreadablePrerequisites

    def _next(self) -> _Token:
        if self._place >= len(self._tokens):
            raise UnreadablePrerequisites
        self._place += 1
        return self._tokens[self._place - 1]


def _tokens(expression: str) -> Iterator[_Token]:
    place = 0
    expression = expression.strip()
    while place < len(expression):
        found = _TOKEN.match(expression, place)
        if found is None:
            raise UnreadablePrerequisites
        place = found.end()
        yield _Token(found[1] or "", found[2] or found[3] or "")
