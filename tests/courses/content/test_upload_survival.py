"""An upload goes on where it was, whatever became of the server in between."""

import http.client
import random
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from courses.content.models import Upload
from courses.content.services import uploads
from learning.people.models import Agency, Person
from tests.server import PlatformServer

pytestmark = pytest.mark.django_db(transaction=True)
CONTENT = random.Random(1).randbytes(6 << 20)


@pytest.fixture
def headers(learner: Person) -> dict[str, str]:
    session = SessionStore()
    session[SESSION_KEY] = str(learner.pk)
    session[BACKEND_SESSION_KEY] = "learning.people.auth.NationalIdOrEmailBackend"
    session[HASH_SESSION_KEY] = learner.get_session_auth_hash()
    session.save()
    token = "t" * 32
    return {
        "Cookie": f"{settings.SESSION_COOKIE_NAME}={session.session_key}; csrftoken={token}",
        "X-CSRFToken": token,
        "Tus-Resumable": "1.0.0",
    }


@pytest.fixture
def upload(learner: Person, department: Agency, server: PlatformServer) -> Iterator[Upload]:
    upload = uploads.begin(
        learner, owner=department, destination="test", key="", name="a.zip", size=len(CONTENT) + 1
    )
    yield upload
    Path(upload.path).unlink(missing_ok=True)


def _ask(
    server: PlatformServer, method: str, upload: Upload, headers: dict[str, str], body: bytes = b""
) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request(method, f"/uploads/{upload.pk}/", body or None, headers)
    response = connection.getresponse()
    response.read()
    connection.close()
    assert response.status < 300, response.status
    return int(response.headers["Upload-Offset"])


def _piece(headers: dict[str, str], offset: int) -> dict[str, str]:
    return headers | {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}


def test_what_was_acknowledged_survives_a_killed_server(
    server: PlatformServer, upload: Upload, headers: dict[str, str]
):
    first = 1 << 20
    assert _ask(server, "PATCH", upload, _piece(headers, 0), CONTENT[:first]) == first
    # The server is killed in the middle of the second piece.
    with socket.create_connection(("127.0.0.1", server.port)) as line:
        fields = _piece(headers, first) | {"Host": "127.0.0.1", "Content-Length": str(len(CONTENT) - first)}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        line.sendall(f"PATCH /uploads/{upload.pk}/ HTTP/1.1\r\n{head}\r\n".encode())
        line.sendall(CONTENT[first : 4 << 20])
        server.kill()
    server.start()
    here = _ask(server, "HEAD", upload, headers)
    assert first <= here <= 4 << 20
    assert upload.path.read_bytes() == CONTENT[:here]
    assert _ask(server, "PATCH", upload, _piece(headers, here), CONTENT[here:]) == len(CONTENT)
    assert upload.path.read_bytes() == CONTENT
    upload.refresh_from_db()
    assert (upload.status, uploads.sweep(now=timezone.now())) == ("receiving", 0)


def test_what_came_over_a_line_that_broke_is_kept(
    server: PlatformServer, upload: Upload, headers: dict[str, str]
):
    with socket.create_connection(("127.0.0.1", server.port)) as line:
        fields = _piece(headers, 0) | {"Host": "127.0.0.1", "Content-Length": str(len(CONTENT))}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        line.sendall(f"PATCH /uploads/{upload.pk}/ HTTP/1.1\r\n{head}\r\n".encode())
        line.sendall(CONTENT[: 3 << 20])
    for _ in range(100):
        try:
            here = _ask(server, "HEAD", upload, headers)
            assert _ask(server, "PATCH", upload, _piece(headers, here), CONTENT[here:]) == len(CONTENT)
            break
        except AssertionError:
            # The first piece still has the lock: it has not noticed yet that nobody is there.
            continue
    assert upload.path.read_bytes() == CONTENT
