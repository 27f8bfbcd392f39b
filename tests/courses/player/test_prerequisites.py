"""The language of prerequisites in SCORM 1.2."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.player.prerequisites import are_met

STATUSES = {"A": "completed", "B": "passed", "C": "incomplete", "D": "failed", "ก-1.2": "completed"}


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "A",
        "ก-1.2",
        "A&B",
        "A & (C | B)",
        "C|A",
        "~C",
        '~(A="passed")',
        'D="failed"',
        'D = "FAILED"',
        "A<>passed",
        "2*{A,B,C}",
        "2*{A, (C|B), D}",
        "unknown<>completed",
    ],
)
def test_met(expression: str):
    assert are_met(expression, STATUSES)


@pytest.mark.parametrize("expression", ["C", "unknown", "A&C", "~A", 'B="completed"', "3*{A,B,C}", "C|D"])
def test_not_met(expression: str):
    assert not are_met(expression, STATUSES)


@pytest.mark.parametrize("expression", ["A&", "(A", "A B", "&", "x*{A}", '"', "A=", "2*{", "(" * 300 + "C"])
def test_what_cannot_be_read_bars_nobody(expression: str):
    assert are_met(expression, STATUSES)


@given(st.text(alphabet='AC&|~()=<>{},*2" ', max_size=40))
def test_no_expression_breaks_the_reading(expression: str):
    assert are_met(expression, STATUSES) in {True, False}
