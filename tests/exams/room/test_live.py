"""The poll: what it says, who may ask, what it costs, and that many are answered by one query."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, MutableMapping
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.core import signing
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from exams.room import live, overview
from exams.room.asgi import GroupRead, LiveConsole
from exams.room.live import PassRefused, RoomKey
from exams.room.overview import ScopeKey
from exams.room.scopes import Scope
from exams.room.states import State
from exams.seat.admissions import MAX_FAILURES
from tests.exams.room.conftest import admitted, present


def key_of(scope: Scope) -> RoomKey:
    return RoomKey(scope.round.pk, scope.target.pk)


class Poller:
    """The application in this process, asked as a console asks."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self.runner = runner
        self.app = LiveConsole()

    def get(self, token: str, etag: str = "", method: str = "GET") -> tuple[int, dict[bytes, bytes], bytes]:
        return self.runner.run(self.ask(token, etag, method))

    async def ask(
        self, token: str, etag: str = "", method: str = "GET"
    ) -> tuple[int, dict[bytes, bytes], bytes]:
        sent: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": b""}

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        headers = [(b"authorization", f"Bearer {token}".encode()), (b"if-none-match", etag.encode())]
        scope = {"type": "http", "method": method, "path": "/room/live", "headers": headers}
        await self.app(scope, receive, send)
        start, end = sent
        return start["status"], dict(start["headers"]), end["body"]


@pytest.fixture
def poller(transactional_db: None) -> Iterator[Poller]:
    with asyncio.Runner() as runner:
        found = Poller(runner)
        yield found
        runner.run(found.app.close())


def ask_django(client, token: str, etag: str = ""):
    headers = {"Authorization": f"Bearer {token}", "If-None-Match": etag}
    return client.get(reverse("room:live"), headers=headers)


def test_both_ways_say_the_same(client, poller, scope, placements):
    present(placements[0], answered=17)
    admitted(placements[1], failures=5)
    token = live.issue_pass(key_of(scope))
    status, headers, body = poller.get(token)
    django = ask_django(client, token)
    assert (status, django.status_code) == (200, 200)
    assert body == django.content
    assert headers[b"etag"].decode() == django["ETag"]
    said = msgspec.json.decode(body)
    assert said["seats"][0] == [placements[0].pk, "answering", 17, 0, [], 0, placements[0].seat_id]
    assert said["seats"][1][:2] == [placements[1].pk, "admitted"]
    assert said["seats"][1][4:6] == [[["locked", 5]], 2]
    assert said["counts"]["attention"] == 1
    assert said["counts"][State.NOT_ARRIVED] == 1


def test_a_machine_without_the_paper_is_on_the_console(client, scope, placements):
    present(placements[0], has_paper=False)
    present(placements[1])
    seats = ask_django(client, live.issue_pass(key_of(scope))).json()["seats"]
    assert [seat[4:6] for seat in seats[:2]] == [[[["no_paper", 0]], 2], [[], 0]]


def test_what_is_known_is_not_sent_again(client, poller, scope, placements):
    token = live.issue_pass(key_of(scope))
    etag = ask_django(client, token)["ETag"]
    again = ask_django(client, token, etag)
    assert (again.status_code, again.content) == (304, b"")
    assert int(again["X-Now"]) > 0
    status, headers, body = poller.get(token, etag)
    assert (status, body, headers[b"etag"].decode()) == (304, b"", etag)
    present(placements[0])
    assert ask_django(client, token, etag).status_code == 200


def test_a_heartbeat_alone_changes_nothing(client, scope, placements, db):
    token = live.issue_pass(key_of(scope))
    present(placements[0], ago=30)
    etag = ask_django(client, token)["ETag"]
    present(placements[0])
    assert ask_django(client, token, etag).status_code == 304


@pytest.mark.parametrize("token", ["", "x", "a:b:c", "ก"])
def test_a_forged_pass_is_refused(client, poller, token):
    assert ask_django(client, token.encode().decode("latin-1")).status_code == 401
    assert poller.get(token.encode().decode("latin-1"))[0] == 401


def test_a_pass_for_something_else_is_refused(client, poller, scope):
    foreign = signing.dumps(list(key_of(scope)), salt="something.else")
    assert ask_django(client, foreign).status_code == 401
    assert poller.get(foreign)[0] == 401


def test_an_old_pass_is_refused(scope, monkeypatch):
    token = live.issue_pass(key_of(scope))
    assert live.read_pass(token) == key_of(scope)
    monkeypatch.setattr(live, "PASS_LIFE", timedelta(seconds=-1))
    with pytest.raises(PassRefused):
        live.read_pass(token)


def test_a_room_without_candidates_and_one_that_is_gone(client, poller):
    token = live.issue_pass(RoomKey(999, 999))
    assert ask_django(client, token).json()["seats"] == []
    assert poller.get(token)[0] == 200


def test_only_get_is_answered(client, poller, scope):
    token = live.issue_pass(key_of(scope))
    assert poller.get(token, method="POST")[0] == 405
    assert client.post(reverse("room:live")).status_code == 405


def test_any_number_of_rooms_is_one_query(scope, round_, other_room, django_assert_num_queries):
    keys = [key_of(scope), RoomKey(round_.pk, other_room.pk), RoomKey(999, 1)]
    with django_assert_num_queries(1):
        found = live.read(keys, now=timezone.now())
    assert [len(found[key].states) for key in keys] == [3, 3, 0]


def test_a_poll_is_one_query(client, scope, django_assert_num_queries):
    token = live.issue_pass(key_of(scope))
    with django_assert_num_queries(1):
        ask_django(client, token)


def test_everybody_who_asks_at_once_is_answered_by_two_reads(transactional_db, scope, round_, other_room):
    """The first to ask sets off a read; all others gather for the next, whatever their number."""
    reads: list[int] = []

    def counting(keys, *, now):
        reads.append(len(list(keys)))
        return live.read(keys, now=now)

    keys = [key_of(scope), RoomKey(round_.pk, other_room.pk), *(RoomKey(999, room) for room in range(98))]

    async def ask() -> list[int]:
        rooms = GroupRead(counting)
        found = await asyncio.gather(*(rooms.get(key) for key in keys for _console in range(3)))
        again = await rooms.get(keys[0])
        assert again is found[0]
        await rooms.close()
        return [len(snapshot.states) for snapshot in found]

    with asyncio.Runner() as runner:
        counts = runner.run(ask())
    assert counts[:6] == [3] * 6
    assert sum(reads) == len(keys)
    assert len(reads) <= 2


def test_a_console_that_goes_away_takes_nothing_from_the_others(transactional_db, scope):
    async def ask() -> int:
        rooms = GroupRead(live.read)
        first, second = (asyncio.create_task(rooms.get(key_of(scope))) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        snapshot = await second
        await rooms.close()
        return len(snapshot.states)

    with asyncio.Runner() as runner:
        assert runner.run(ask()) == 3


def test_a_database_that_is_away_is_said_and_outlived(poller, scope):
    token = live.issue_pass(key_of(scope))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE seat_presence RENAME TO seat_presence_away")
    try:
        status, headers, body = poller.get(token)
        assert (status, headers[b"retry-after"]) == (503, b"2")
        assert msgspec.json.decode(body) == {"error": "unavailable"}
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE seat_presence_away RENAME TO seat_presence")
    assert poller.get(token)[0] == 200


def test_the_times_of_the_database_are_read_to_the_millisecond(scope, placements):
    now = timezone.now().replace(microsecond=123_000)
    admitted(placements[0], used=True, at=now - timedelta(seconds=90, milliseconds=1))
    assert live.state_of(placements[0].pk, now=now).state == State.SILENT
    admitted(placements[0], used=True, at=now - timedelta(seconds=90))
    assert live.state_of(placements[0].pk, now=now).state == State.ANSWERING


# A centre, a round --------------------------------------------------------------------------------


def overview_of(client, poller, scope: Scope) -> dict[str, Any]:
    """What both ways say of a centre or round, which is the same."""
    token = overview.issue_pass(scope)
    status, headers, body = poller.get(token)
    django = ask_django(client, token)
    assert (status, django.status_code, django.content) == (200, 200, body)
    etag = headers[b"etag"].decode()
    assert poller.get(token, etag)[0] == 304
    assert ask_django(client, token, etag).status_code == 304
    found: dict[str, Any] = msgspec.json.decode(body)
    return found


def test_a_centre_and_a_round_are_lines_of_numbers(client, poller, round_, room, other_room, placements):
    present(placements[0], ago=300, is_durable=False)
    present(placements[1])
    admitted(placements[2], failures=MAX_FAILURES)
    silent = [State.SILENT, State.ANSWERING, State.ADMITTED]
    states = [sum(state == each for each in silent) for state in State]
    # One silent, one locked: two call.
    full = [2, 3, *states]
    empty = [0, 3, *(3 if state == State.NOT_ARRIVED else 0 for state in State)]
    both = [2, 6, *(a + b for a, b in zip(full[2:], empty[2:], strict=True))]
    found = overview_of(client, poller, Scope(round_, room.centre))
    assert found["lines"] == [[room.pk, *full], [other_room.pk, *empty]]
    assert found["whole"] == [0, *both]
    [[pk, where, who, *_place, state, _since, answered]] = found["silent"]
    assert (pk, where, state, answered) == (placements[0].pk, room.pk, "silent", 2)
    assert placements[0].candidate.person.last_name in who
    found = overview_of(client, poller, Scope(round_))
    assert found["lines"] == [[room.centre_id, *both]]


def test_a_centre_costs_the_same_for_any_number_of_rooms(scope, round_, django_assert_num_queries):
    key = ScopeKey(round_.pk, scope.room.centre_id)
    with django_assert_num_queries(2):
        overview.read([key], now=timezone.now())


def test_a_pass_of_a_room_opens_no_overview_and_the_other_way_round(scope, round_):
    with pytest.raises(PassRefused):
        overview.read_pass(live.issue_pass(key_of(scope)))
    with pytest.raises(PassRefused):
        live.read_pass(overview.issue_pass(Scope(round_)))


def test_many_who_watch_a_round_are_answered_by_one_read_a_second(transactional_db, round_):
    reads: list[ScopeKey] = []

    def counting(keys, *, now):
        reads.extend(keys)
        return overview.read(keys, now=now)

    key = overview.read_pass(overview.issue_pass(Scope(round_)))

    async def ask() -> int:
        scopes = GroupRead(counting, fresh=60, at_once=1)
        found = await asyncio.gather(*(scopes.get(key) for _page in range(100)))
        found.append(await scopes.get(key))
        await scopes.close()
        return len({figures.etag for figures in found})

    with asyncio.Runner() as runner:
        assert runner.run(ask()) == 1
    assert reads == [key]
