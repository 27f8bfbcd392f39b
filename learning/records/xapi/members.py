"""Check the properties of an object and the entries of an array, and say where something is wrong."""

from collections.abc import Mapping
from typing import Any

from learning.records.xapi.formats import Check
from learning.records.xapi.rules import Broken, Rule


class Members:
    """Check an object: each property by its own check, none unknown, and those required present.

    Names are case-sensitive, as Data 2.2 asks.
    """

    __slots__ = ("_checks", "_required")

    def __init__(self, checks: Mapping[str, Check], required: tuple[str, ...] = ()) -> None:
        self._checks = dict(checks)
        self._required = required

    def __call__(self, value: Any) -> None:
        """Check the value. Raises Broken."""
        if type(value) is not dict:
            raise Broken(Rule.OBJECT if value is not None else Rule.NOT_NULL)
        checks = self._checks
        key = ""
        try:
            for key, item in value.items():
                checks[key](item)
        except KeyError as error:
            raise Broken(Rule.KNOWN_PROPERTY, key) from error
        except Broken as broken:
            raise broken.within(key) from None
        for required in self._required:
            if required not in value:
                raise Broken(Rule.REQUIRED_PROPERTY, required)


def array(check: Check) -> Check:
    """Return the check of an array whose entries pass `check`."""

    def check_array(value: Any) -> None:
        if type(value) is not list:
            raise Broken(Rule.ARRAY if value is not None else Rule.NOT_NULL)
        for index, item in enumerate(value):
            try:
                check(item)
            except Broken as broken:
                raise broken.within(index) from None

    return check_array


def keyed(check_key: Check, check_value: Check) -> Check:
    """Return the check of an object with any keys that pass one check and values that pass another."""

    def check_keyed(value: Any) -> None:
        if type(value) is not dict:
            raise Broken(Rule.OBJECT if value is not None else Rule.NOT_NULL)
        for key, item in value.items():
            try:
                check_key(key)
                check_value(item)
            except Broken as broken:
                raise broken.within(key) from None

    return check_keyed
