"""Each broken thing that people bring gets its own reason, in Thai, with the file it is about."""

from __future__ import annotations

import re

import pytest
from django.utils import translation

from courses.packages.lint import Report, check_upload
from tests.courses.packages.broken import REFUSED, WARNED


def _check(what: str) -> Report:
    make, _code = (REFUSED | WARNED)[what]
    return check_upload(make(), "บทเรียน")


@pytest.mark.parametrize("what", REFUSED)
def test_errors_keep_it_out(what):
    report = _check(what)
    assert report.status == "errors"
    assert next(finding.code for finding in report.errors) == REFUSED[what][1]


@pytest.mark.parametrize("what", WARNED)
def test_warnings_keep_nothing_out(what):
    report = _check(what)
    assert report.status == "warnings"
    assert WARNED[what][1] in {finding.code for finding in report.warnings}


@pytest.mark.parametrize("what", REFUSED | WARNED)
def test_the_reason_is_said_in_thai(what):
    with translation.override("th"):
        said = _check(what).as_dict()
    for finding in said["errors"] + said["warnings"]:
        assert re.search("[ก-๙]{4}", finding["message"]), finding
