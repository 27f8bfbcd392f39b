"""Times are typed as Thai offices write them."""

from __future__ import annotations

from datetime import time

import pytest
from django.core.exceptions import ValidationError

from learning.people.fields import ClockField


@pytest.mark.parametrize(
    ("typed", "meant"), [("09:00", time(9)), ("16.30 น.", time(16, 30)), ("๙:๐๕", time(9, 5))]
)
def test_a_time_of_day_is_understood(typed, meant):
    assert ClockField().clean(typed) == meant


@pytest.mark.parametrize("typed", ["25:00", "9", "เช้า", "12:75"])
def test_a_time_that_cannot_be_is_refused(typed):
    with pytest.raises(ValidationError, match="09:00"):
        ClockField().clean(typed)
