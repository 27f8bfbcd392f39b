"""What tests of the studio's pages start from: a draft, its officer signed in, its reviewer."""

from __future__ import annotations

import pytest

from tests.courses.studio.factories import make_version, sign_in, submit_to


@pytest.fixture
def version(department, agency_officer):
    return make_version(department, agency_officer)


@pytest.fixture
def officer(client, agency_officer):
    return sign_in(client, agency_officer)


@pytest.fixture
def named(version, reviewer, agency_officer):
    """The reviewer, to whom the version has been submitted."""
    submit_to(version, reviewer, actor=agency_officer)
    return reviewer
