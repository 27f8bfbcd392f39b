"""The house rules find what they forbid and leave the rest alone."""

import pytest

from tools.check_house_rules import check


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("exams/bank/services.py", "Item.objects.select_for_update().get()", "select_for_update() without"),
        (
            "exams/bank/migrations/0002_x.py",
            "from exams.bank.models import Item",
            "imports exams.bank.models",
        ),
        ("exams/bank/views.py", "x = mark_safe(text)", "mark_safe"),
        ("a.html", "<script>go()</script>", "inline script"),
        ("a.html", "<style>p{}</style>", "inline style element"),
        ("a.html", '<p class="x" style="color: red">', "style attribute"),
        ("a.html", '<button onclick="go()">', "event handler attribute"),
        ("a.html", '<a href="javascript:go()">', "javascript: address"),
        ("a.html", "{{ text|safe }}", "|safe"),
        ("a.html", "{% autoescape off %}", "autoescape off"),
    ],
)
def test_what_is_forbidden_is_found_with_its_line(path: str, text: str, found: str):
    [finding] = check(path, "\n" + text)
    assert finding.startswith(f"{path}:2: ")
    assert found in finding


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("exams/bank/services.py", "Item.objects.select_for_update(no_key=True).get()"),
        ("exams/bank/services.py", "Item.objects.select_for_update(of=('self',)).get()"),
        ("exams/bank/migrations/0002_x.py", "import exams.bank.fields\nfrom django.db import models"),
        ("a.html", '<script src="/static/a.js" defer></script>'),
        ("a.html", '<script id="d" type="application/json">{}</script>'),
        ("a.html", '<input name="one"><p data-style="x">on = off</p>'),
        ("a.txt", "<script>"),
    ],
)
def test_what_is_allowed_is_left_alone(path: str, text: str):
    assert list(check(path, text)) == []
