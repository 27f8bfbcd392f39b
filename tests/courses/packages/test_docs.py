"""The page on packages says what the code says."""

from pathlib import Path

import pytest
from django.utils import translation

from courses.packages.archive import DEFAULT_LIMITS
from courses.packages.package import Kind
from courses.packages.rules import RULES
from tests.courses.packages.broken import REFUSED, WARNED

PAGE = (Path(__file__).resolve().parents[3] / "docs/packages.md").read_text()


def test_every_rule_is_listed_as_it_is():
    with translation.override("en"):
        expected = [f"| `{code}` | {rule.severity} | {rule.text} |" for code, rule in RULES.items()]
    table = PAGE.partition("| code |")[2]
    assert [line for line in table.splitlines() if line.startswith("| `")] == expected


def test_what_broken_files_get_is_listed_as_it_is():
    """The rows are in the order of `broken`, refused ones first."""
    expected = [
        f"| {what} | {severity} | `{code}` |"
        for severity, made in (("error", REFUSED), ("warning", WARNED))
        for what, (_make, code) in made.items()
    ]
    table = PAGE.partition("| what is brought |")[2].partition("\n## ")[0]
    assert [line for line in table.splitlines() if line.endswith("` |")] == expected


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_is_described(kind):
    assert f"`{kind}`" in PAGE


def test_limits_are_those_of_the_code():
    limits = DEFAULT_LIMITS
    stated = {
        f"{limits.upload >> 30} GB uploaded",
        f"{limits.unpacked >> 30} GB unpacked",
        f"{limits.files:,} files",
        f"{limits.ratio} times its size",
        f"{limits.ratio_in_total} times",
        f"{limits.path_bytes} bytes",
    }
    assert {text for text in stated if text not in PAGE} == set()
