"""Two server processes on one database: one order, no id twice, and pages that stay as they were."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest

from learning.records.models import StatementId
from learning.records.services.credentials import KeyAndSecret, create_client
from tests.learning.records.client import statement
from tests.server import PlatformServer

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
_THROUGH = "X-Experience-API-Consistent-Through"


@pytest.fixture
def servers(server: PlatformServer) -> Iterator[list[PlatformServer]]:
    """Two running servers over this test's database."""
    other = PlatformServer()
    other.start()
    yield [server, other]
    other.stop()


class Asker:
    """Asks one of the servers."""

    def __init__(self, server: PlatformServer, secret: KeyAndSecret) -> None:
        self._origin = server.origin
        self._headers = {
            "Authorization": secret.basic,
            "Content-Type": "application/json",
            "X-Experience-API-Version": "1.0.3",
        }

    def post(self, *statements: dict[str, Any]) -> int:
        """Return the status of a POST."""
        body = json.dumps(statements).encode()
        request = urllib.request.Request(f"{self._origin}/xapi/statements", body, self._headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                return int(reply.status)
        except urllib.error.HTTPError as error:
            return error.code

    def page(self, path: str) -> tuple[list[dict[str, Any]], str, str]:
        """Return the statements of a page, the path of the next one, and up to when it is consistent."""
        request = urllib.request.Request(f"{self._origin}{path}", headers=self._headers)
        with urllib.request.urlopen(request, timeout=60) as reply:
            found = json.load(reply)
            return found["statements"], found["more"], reply.headers[_THROUGH]


def _together(*calls: Any) -> None:
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_readers_of_either_process_miss_nothing_while_both_write(servers: list[PlatformServer]):
    secret = create_client("two", ["all"])
    askers = [Asker(server, secret) for server in servers]
    sent: list[str] = []
    writing = threading.Event()

    def write(asker: Asker) -> None:
        for _ in range(15):
            batch = [statement() for _ in range(5)]
            assert asker.post(*batch) == 200
            sent.extend(one["id"] for one in batch)

    followed: list[dict[str, Any]] = []

    def follow() -> None:
        """Ask one process and then the other for what has come since, as a report that is kept up does."""
        since, turn = "1970-01-01T00:00:00Z", 0
        while True:
            is_last = writing.is_set()
            turn += 1
            query = urlencode({"since": since, "ascending": "true", "limit": 20})
            found, _more, through = askers[turn % 2].page(f"/xapi/statements?{query}")
            settled = [one for one in found if one["stored"] <= through]
            followed.extend(settled)
            if settled:
                since = settled[-1]["stored"]
            elif is_last:
                return

    follower = threading.Thread(target=follow)
    follower.start()
    _together(*(partial(write, asker) for asker in askers for _ in range(2)))
    writing.set()
    follower.join()

    assert len(sent) == 300
    assert sorted(one["id"] for one in followed) == sorted(sent)
    stored = [one["stored"] for one in followed]
    assert stored == sorted(set(stored))


def test_pages_stay_as_they_were_whichever_process_turns_them(servers: list[PlatformServer]):
    secret = create_client("two", ["all"])
    askers = [Asker(server, secret) for server in servers]
    first = [statement() for _ in range(50)]
    assert askers[0].post(*first) == 200
    found, more, _through = askers[1].page("/xapi/statements?limit=10")
    seen = [one["id"] for one in found]
    turn = 0
    while more:
        turn += 1
        assert askers[turn % 2].post(statement()) == 200
        found, more, _through = askers[(turn + 1) % 2].page(more)
        seen += [one["id"] for one in found]
    assert seen == [one["id"] for one in reversed(first)]


def test_an_id_is_given_once_though_both_are_asked_at_the_same_time(servers: list[PlatformServer]):
    secret = create_client("two", ["all"])
    askers = [Asker(server, secret) for server in servers]
    answers: list[list[int]] = [[], []]
    raced = [statement() for _ in range(20)]

    def send_all(number: int) -> None:
        for one in raced:
            answers[number].append(
                askers[number].post(one | {"verb": {"id": f"http://verbs.example/{number}"}})
            )

    _together(*(partial(send_all, number) for number in range(2)))
    assert [sorted(both) for both in zip(*answers, strict=True)] == [[200, 409]] * 20
    assert StatementId.objects.count() == 20
