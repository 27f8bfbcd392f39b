"""What the public suite needs of a learning management system, over HTTP: import, launch, waive, abandon.

Everything is done by the services that the platform's own pages call, over the database of the server under
test; a launch is opened at that server, as the frame of a lesson does it.
"""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from typing import Any

from django.db import connections
from django.utils import timezone

from courses.catalogue.models import CourseVersion
from courses.catalogue.services.versions import UnitPlan
from courses.content.errors import PackageUnfit
from courses.content.services.packages import keep
from courses.packages.package import Kind
from courses.player.models import Registration, WaiverReason
from courses.player.services import cmi5, launches, registrations, waivers
from learning.people.models import Agency, Person
from learning.records import models as records
from tests.conftest import make_person
from tests.courses.catalogue.factories import published_version
from tests.courses.player.cmi5 import Content
from tests.courses.player.factories import make_learnable, units
from tests.server import PlatformServer

Body = dict[str, Any]


class NotCmi5(Exception):
    """A package that the platform keeps as something else."""


class Office:
    """The acts of the suite's adapter; its learners are made as it names them."""

    def __init__(self, server: PlatformServer, owner: Agency) -> None:
        self._server, self._owner = server, owner
        self._persons: dict[str, Person] = {}

    def import_(self, name: str, content: bytes) -> Body:
        """Keep a package and publish a course of it."""
        package = keep(BytesIO(content), name, owner=self._owner, actor=None)
        if package.kind != Kind.CMI5:
            # The platform takes more than the suite knows of, plain pages for example.
            raise NotCmi5
        course = make_learnable(UnitPlan("package", name, package_id=package.id))
        return {"course": published_version(course).pk}

    def launch(self, course: int, au: int, account: str, registration: str = "", mode: str = "") -> Body:
        """Open an assignable unit for a learner, and return the address it is opened at."""
        person = self._persons.get(account) or self._persons.setdefault(account, make_person())
        version = CourseVersion.objects.get(pk=course)
        if registration:
            found = Registration.objects.get(pk=registration)
        elif mode == "Browse":
            found = registrations.preview(person, version)
        else:
            found = registrations.register(person, version)
        if mode == "Review":
            # Whoever has nothing left to reach comes to review.
            done = Content(self._opened(found, au))
            done.send(done.statement("initialized"), done.completed(), done.passed(1), done.terminated())
        return {"address": self._opened(found, au)}

    def waive(self, registration: str, au: int, reason: str) -> Body:
        """Excuse the learner from an assignable unit."""
        found = Registration.objects.get(pk=registration)
        wanted = next(each for each in waivers.waivable(found) if each.item.unit.id == _au(found, au))
        because, officer = "ตามคำสั่ง", make_person()
        waivers.waive(wanted, WaiverReason(reason), because, actor=officer, now=timezone.now())
        return {}

    def abandon(self, session: str) -> Body:
        """End a session that goes on."""
        credential = records.Launch.objects.get(reference__endswith=session)
        cmi5.abandon(credential.reference, now=timezone.now())
        return {}

    def _opened(self, registration: Registration, au: int) -> str:
        session = registrations.take_session(registration, "Chromium")
        unit, item = units(registration)[0], _au(registration, au)
        _launch, secret = launches.launch(registration, unit, item, session)
        message = json.dumps({"secret": secret}).encode()
        with urllib.request.urlopen(f"{self._server.origin}/learn/run/open", message, timeout=60) as reply:
            address: str = json.load(reply)["address"]
            return address


@contextmanager
def serving(office: Office) -> Iterator[str]:
    """Serve the office on a port of its own, and give its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            act, _slash, name = self.path.removeprefix("/").partition("/")
            try:
                status, said = 200, _act(office, act, name, content)
            except (PackageUnfit, NotCmi5) as unfit:
                status, said = 422, {"error": repr(unfit)}
            except Exception as error:  # noqa: BLE001  # The suite says which test it was.
                status, said = 500, {"error": repr(error)}
            finally:
                connections.close_all()
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(said).encode())

        def log_message(self, *_args: object) -> None:
            pass

    listening = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{listening.server_port}"
    listening.shutdown()
    thread.join()
    listening.server_close()


def _act(office: Office, act: str, name: str, content: bytes) -> Body:
    if act == "import":
        return office.import_(name, content)
    acts: dict[str, Callable[..., Body]] = {
        "launch": office.launch, "waive": office.waive, "abandon": office.abandon
    }  # fmt: skip
    return acts[act](**json.loads(content))


def _au(registration: Registration, number: int) -> str:
    package = units(registration)[0].package
    assert package is not None
    return list(package.contents.launchable)[number].id
