"""The portal's own pages in a real browser, at phone and desktop size."""

from __future__ import annotations

import pytest

from tests.browser.helpers import assert_accessible

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["th", "en"])
@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("path", ["/"])
def test_public_pages_are_accessible(open_page, path, width, language, scheme):
    assert_accessible(open_page(path, width=width, language=language, scheme=scheme))


def test_a_signed_in_person_sees_their_name(open_page, learner):
    page = open_page("/my/", person=learner)
    assert page.get_by_role("banner").get_by_text(learner.full_name).is_visible()
