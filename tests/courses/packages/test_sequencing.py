"""Sequencing rules as manifests write them, and as they should not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.packages.sequencing import Condition, Sequencing, read


def test_nothing_said_means_the_defaults():
    assert read("") == read("<sequencing/>").__class__()
    assert (Sequencing().choice, Sequencing().flow, Sequencing().is_tracked) == (True, False, True)
    assert Sequencing().primary.minimum == 1.0


def test_rules_with_several_conditions():
    found = read(
        "<sequencing><sequencingRules><preConditionRule><ruleConditions conditionCombination='any'>"
        "<ruleCondition condition='objectiveMeasureLessThan' measureThreshold='0.5' referencedObjective='O'/>"
        "<ruleCondition condition='completed' operator='not'/>"
        "</ruleConditions><ruleAction action='disabled'/></preConditionRule></sequencingRules></sequencing>"
    )
    [rule] = found.before
    assert (rule.action, rule.needs_all) == ("disabled", False)
    assert rule.conditions == (
        Condition("objectiveMeasureLessThan", objective="O", threshold=0.5),
        Condition("completed", is_negated=True),
    )


def _rule(inside: str) -> str:
    rule = f"<preConditionRule>{inside}</preConditionRule>"
    return f"<sequencing><sequencingRules>{rule}</sequencingRules></sequencing>"


@pytest.mark.parametrize(
    "text",
    [
        "<sequencing",
        "<!DOCTYPE a [<!ENTITY b 'c'>]><sequencing>&b;</sequencing>",
        "<sequencing><controlMode flow='perhaps'/></sequencing>",
        "<sequencing><limitConditions attemptLimit='-1'/></sequencing>",
        "<sequencing><limitConditions attemptLimit='99999999999999999999'/></sequencing>",
        "<sequencing><limitConditions attemptLimit='\u0e51'/></sequencing>",
        "<sequencing><rollupRules objectiveMeasureWeight='NaN'/></sequencing>",
        "<sequencing><rollupRules objectiveMeasureWeight='7'/></sequencing>",
        _rule("<ruleAction action='skip'/>"),
        _rule("<ruleConditions><ruleCondition condition='always'/></ruleConditions>"),
        _rule(
            "<ruleConditions><ruleCondition condition='full moon'/></ruleConditions>"
            "<ruleAction action='skip'/>"
        ),
        "<sequencing><objectives><objective/></objectives></sequencing>",
    ],
)
def test_what_the_model_does_not_know_counts_as_not_said(text):
    found = read(text)
    assert found == Sequencing(required=found.required)


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading(text):
    read(f"<sequencing><limitConditions attemptLimit='1'/>{text}</sequencing>")
