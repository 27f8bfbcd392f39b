"""Everything `manage.py demo` does before it serves: database, demo data, static files."""

import fcntl
import hashlib
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connections
from django.utils.module_loading import import_string

# Takes one line of progress.
Report = Callable[[str], None]

HOST = "127.0.0.1"


class DemoError(Exception):
    """The demo cannot start; the message says why and what to do, in Thai and English."""


def listen(port: int) -> socket.socket:
    """Take the port before any slow work, so that a taken one is reported at once.

    Port 0 lets the system choose. Raises DemoError when the port is taken or not allowed.
    """
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # A port whose last connections are still winding down may be used again.
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        server.bind((HOST, port))
        server.listen(128)
    except (OSError, OverflowError) as error:
        server.close()
        raise DemoError(
            f"เปิดพอร์ต {port} ไม่ได้ อาจมีโปรแกรมอื่นใช้อยู่ โปรดเลือกพอร์ตอื่น เช่น make demo PORT=8123\n"
            f"Port {port} cannot be used, perhaps another program has it. "
            f"Choose another one, for example: make demo PORT=8123 ({error})"
        ) from error
    return server


@contextmanager
def _alone() -> Iterator[None]:
    """Let one demo at a time prepare the same ``var/``; the lock goes with the process."""
    with (settings.VAR_DIR / "demo.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def prepare(report: Report) -> None:
    """Migrate, load the demo data and collect static files; each is quick when nothing changed."""
    if settings.PRODUCTION:
        raise DemoError(
            "ตั้งค่า PRODUCTION ไว้ จึงไม่โหลดข้อมูลตัวอย่างลงระบบจริง\n"
            "PRODUCTION is set; the demo does not load its data into a real system."
        )
    with _alone():
        report("เตรียมฐานข้อมูล · Preparing the database")
        call_command("migrate", verbosity=0, interactive=False)
        report("โหลดข้อมูลตัวอย่าง ครั้งแรกใช้เวลาสักครู่ · Loading the demo data, the first time takes a moment")
        with _no_mail():
            for name in settings.DEMO_LOADERS:
                import_string(name)()
        collect_static(report)
    # The server's threads open their own connections.
    connections.close_all()


@contextmanager
def _no_mail() -> Iterator[None]:
    """Keep letters to people of the demo data, which nobody asked for, off the screen."""
    usual = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    try:
        yield
    finally:
        settings.EMAIL_BACKEND = usual


def collect_static(report: Report) -> bool:
    """Collect static files if any has changed since the last time, and say whether it did so."""
    if not (settings.BASE_DIR / "learning/portal/static/vendor/.built").exists():
        raise DemoError(
            "ยังไม่ได้สร้างไฟล์หน้าเว็บ โปรดสั่ง make assets ก่อน\n"
            "The front-end files have not been built. Run: make assets"
        )
    mark = Path(settings.STATIC_ROOT) / ".fingerprint"
    fingerprint = _fingerprint()
    if mark.exists() and mark.read_text() == fingerprint:
        return False
    report("รวบรวมไฟล์หน้าเว็บ · Collecting static files")
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    mark.write_text(fingerprint)
    return True


def _fingerprint() -> str:
    """Digest names, sizes and times of all source files, and the way they are stored."""
    digest = hashlib.sha256(repr(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
