"""Serve the whole platform with demo data, in one process."""

import os
import signal
import socket
from argparse import ArgumentParser
from collections.abc import Callable
from types import FrameType
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from learning import demo
from learning.people.demo import ACCOUNTS, PASSWORD

_LEARNER = "ผู้เรียน"
_TO_TRY = (
    "    1. ลงทะเบียน หรือเข้าสู่ระบบเป็น learner แล้วทำแบบทดสอบความรู้จนได้หนังสือรับรอง",
    "       Register, or sign in as learner, take the knowledge test and earn a certificate",
    "    2. เข้าสู่ระบบเป็น agency.officer ขอจัดสอบให้หน่วยงาน แล้วอนุมัติในชื่อ exam.officer",
    "       As agency.officer ask for a sitting for your agency, then approve it as exam.officer",
    "    3. เข้าสู่ระบบเป็น certificate.officer พิมพ์หนังสือรับรอง แล้วตรวจสอบด้วย QR โดยไม่ต้องเข้าสู่ระบบ",
    "       As certificate.officer print the certificate, then check its QR code without signing in",
    "    4. วันสอบภาค ก.: candidate ดูที่นั่งและบัตร invigilator เปิดห้องสอบ exam.officer เลื่อนเวลาเริ่มได้",
    "       Exam day: candidate sees seat and card, invigilator opens the room, exam.officer moves the start",
    "    5. learner ลงทะเบียนและเรียนรายวิชาที่มีปกจนได้ประกาศนียบัตร agency.officer สร้างรายวิชา reviewer ตรวจ",
    "       As learner finish a course that has a cover; agency.officer builds a course, reviewer checks it",
)


class _Server(uvicorn.Server):
    """Uvicorn that says when it answers."""

    def __init__(self, config: uvicorn.Config, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_started()


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


class Command(BaseCommand):
    """`make demo`: prepare var/, then serve until Ctrl-C."""

    help = "Create var/, migrate, load the demo data and serve the whole platform until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="port on 127.0.0.1; 0 chooses a free one")

    def handle(self, *, port: int, **options: Any) -> None:  # noqa: ARG002
        # A shell starts background jobs with SIGINT ignored; and both signals must end us with status 0,
        # also when uvicorn raises them again after its own shutdown.
        signal.signal(signal.SIGINT, _interrupt)
        signal.signal(signal.SIGTERM, _interrupt)
        try:
            self._serve(port)
        except demo.DemoError as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            self.stdout.write("\nหยุดแล้ว · Stopped")

    def _serve(self, port: int) -> None:
        with demo.listen(port) as server_socket:
            origin = f"http://{demo.HOST}:{server_socket.getsockname()[1]}"
            if "PUBLIC_ORIGIN" not in os.environ:
                settings.PUBLIC_ORIGIN = origin
            demo.prepare(self.stdout.write)
            config = uvicorn.Config(
                "learning.asgi:application",
                lifespan="on",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=5,
            )
            server = _Server(config, lambda: self._announce(origin))
            server.run(sockets=[server_socket])
            if not server.started:
                raise CommandError("เปิดบริการไม่สำเร็จ ดูสาเหตุด้านบน\nThe server did not start; see above.")

    def _announce(self, origin: str) -> None:
        """Print the address, the accounts and what to try, once the server answers."""
        width = max(len(account.email) for account in ACCOUNTS)
        accounts = [
            f"    {account.email:{width}}  {account.role.label if account.role else _LEARNER}"
            for account in ACCOUNTS
        ]
        self.stdout.write(
            "\n".join(
                (
                    "",
                    f"  พร้อมใช้งานที่ · Ready at  {origin}",
                    "",
                    f"  บัญชีตัวอย่าง รหัสผ่านเดียวกัน · Demo accounts, one password:  {PASSWORD}",
                    *accounts,
                    "",
                    "  ลองทำ · Things to try",
                    *_TO_TRY,
                    "",
                    "  หยุดด้วย Ctrl-C · Stop with Ctrl-C",
                    "",
                )
            )
        )
        self.stdout.flush()
