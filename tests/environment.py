"""The environment of a test run, set before Django reads its settings (a plugin of pytest, see pyproject).

Nothing a test writes lands beside the demo's data, and workers of pytest-xdist share nothing.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

# Databases of Redis from here on belong to tests, which empty them; the worker's number is added.
_FIRST_REDIS_DATABASE = 8


def _prepare() -> None:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    folder = Path(tempfile.mkdtemp(prefix="platform-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    # WhiteNoise warns of a missing folder, and warnings are errors here.
    (folder / "static").mkdir()
    os.environ["VAR_DIR"] = str(folder)
    # Pages are tested without collectstatic, so names of static files carry no hash.
    os.environ["STATICFILES_BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    os.environ["EMAIL_URL"] = "memorymail://"
    os.environ["CELERY_EAGER"] = "true"
    # Playwright keeps an event loop running in the main thread; Django would refuse its ORM there.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    for name in ("PRODUCTION", "DEBUG", "SECRET_KEY", "NATIONAL_ID_KEY", "SEAT_KEY"):
        os.environ.pop(name, None)
    if redis := os.environ.get("REDIS_URL"):
        os.environ["REDIS_URL"] = urlsplit(redis)._replace(path=f"/{_FIRST_REDIS_DATABASE + worker}").geturl()


_prepare()
