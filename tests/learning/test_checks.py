"""Production refuses what is only right for the demo."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from learning.checks import production_is_safe, refuse_unsafe_production

SAFE = {
    "PRODUCTION": True,
    "DEBUG": False,
    "SECRET_KEY": "a" * 40,
    "NATIONAL_ID_KEY": "b" * 40,
    "SEAT_KEY": "c" * 40,
    "DATABASES": {"default": {"ENGINE": "django.db.backends.postgresql"}},
    "REDIS_URL": "redis://redis/0",
    "CELERY_TASK_ALWAYS_EAGER": False,
    "ALLOWED_HOSTS": ["learning.example.go.th"],
    "PUBLIC_ORIGIN": "https://learning.example.go.th",
    "CONTENT_ORIGIN": "https://content.example.go.th",
}


@pytest.fixture
def change(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Settings as production should have them, and a way to spoil some."""

    def change(**values: object) -> None:
        for name, value in values.items():
            monkeypatch.setattr(settings, name, value)

    change(**SAFE)
    return change


def _ids() -> list[str]:
    return [str(error.id) for error in production_is_safe(None)]


def test_safe_values_are_accepted(change: Callable[..., None]):
    assert _ids() == []


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("DEBUG", True, "learning.E001"),
        ("SECRET_KEY", "short", "learning.E002"),
        ("SEAT_KEY", "b" * 40, "learning.E003"),
        ("DATABASES", {"default": {"ENGINE": "django.db.backends.sqlite3"}}, "learning.E004"),
        ("REDIS_URL", "", "learning.E005"),
        ("CELERY_TASK_ALWAYS_EAGER", True, "learning.E006"),
        ("ALLOWED_HOSTS", ["*"], "learning.E007"),
        ("ALLOWED_HOSTS", [], "learning.E007"),
        ("PUBLIC_ORIGIN", "http://learning.example.go.th", "learning.E008"),
        ("PUBLIC_ORIGIN", "https://learning.example.go.th/", "learning.E008"),
        ("CONTENT_ORIGIN", "", "learning.E009"),
        ("CONTENT_ORIGIN", "http://content.example.go.th", "learning.E009"),
        ("CONTENT_ORIGIN", "https://content.example.go.th/", "learning.E009"),
        ("CONTENT_ORIGIN", "https://learning.example.go.th", "learning.E009"),
    ],
)
def test_each_unsafe_value_is_refused_by_name(
    change: Callable[..., None], name: str, value: object, expected: str
):
    change(**{name: value})
    assert _ids() == [expected]
    with pytest.raises(ImproperlyConfigured, match=expected):
        refuse_unsafe_production()


def test_the_embedded_default_is_left_alone(change: Callable[..., None]):
    change(PRODUCTION=False, DEBUG=True)
    assert _ids() == []


@pytest.mark.parametrize("module", ["learning.wsgi", "learning.asgi"])
def test_a_server_does_not_start_with_unsafe_values(module: str, tmp_path: Path):
    environment = {
        "PATH": os.environ["PATH"],
        "VAR_DIR": str(tmp_path),
        "PRODUCTION": "1",
        "SECRET_KEY": "a" * 40,
        "NATIONAL_ID_KEY": "b" * 40,
        "SEAT_KEY": "c" * 40,
    }
    done = subprocess.run(
        [sys.executable, "-c", f"import {module}"],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "learning.E004" in done.stderr
    assert "learning.E008" in done.stderr


def test_production_without_a_secret_says_which(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path), "PRODUCTION": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "SECRET_KEY" in done.stderr


def test_an_empty_secret_is_no_secret(tmp_path: Path):
    (tmp_path / "national_id_key.secret").touch()
    refused = subprocess.run(
        [sys.executable, "-c", "import learning.settings"],
        env={"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "national_id_key.secret is empty" in refused.stderr


def test_secrets_are_made_for_their_owner_alone(tmp_path: Path):
    subprocess.run(
        [sys.executable, "-c", "import learning.settings"],
        env={"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path)},
        check=True,
    )
    kept = sorted(tmp_path.glob("*.secret"))
    assert [(path.name, path.stat().st_mode & 0o777, len(path.read_text())) for path in kept] == [
        ("national_id_key.secret", 0o600, 64),
        ("seat_key.secret", 0o600, 64),
        ("secret_key.secret", 0o600, 64),
    ]


def test_no_neighbouring_host_sets_the_cookies_of_production(tmp_path: Path):
    """Packages run on one, and a script may set any cookie for the whole domain that has no such prefix."""
    names = "settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME"
    given = dict.fromkeys(("SECRET_KEY", "NATIONAL_ID_KEY", "SEAT_KEY"), "x" * 40)
    done = subprocess.run(
        [sys.executable, "-c", f"from learning import settings; print({names})"],
        env={"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path), "PRODUCTION": "1"} | given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["__Host-sessionid", "__Host-csrftoken"], done.stderr
