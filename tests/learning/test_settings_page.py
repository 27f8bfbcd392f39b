"""docs/settings.md lists exactly the variables that the settings read."""

import re

from django.conf import settings

_READ = re.compile(r'(?:env\.\w+|_secret)\(\s*"([A-Z_]+)"')


def test_every_environment_variable_is_on_the_page_and_no_other():
    code = (settings.BASE_DIR / "learning/settings.py").read_text()
    page = (settings.BASE_DIR / "docs/settings.md").read_text().partition("## For tests")[0]
    cells = re.findall(r"^\|([^|]*)\|", page, re.MULTILINE)
    listed = {name for cell in cells for name in re.findall(r"`([A-Z_]+)`", cell)}
    assert listed == set(_READ.findall(code))
