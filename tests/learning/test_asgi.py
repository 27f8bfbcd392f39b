"""How the platform's one ASGI application routes, starts and stops."""

import asyncio
from typing import Any

import pytest

from learning.asgi import Platform, _no_seat_service


class Recorder:
    """A seat service that notes what it is asked, in order with the schedule's doings."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def start(self) -> None:
        self.events.append("beat started")

    def stop(self) -> None:
        self.events.append("beat stopped")

    async def seat(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            self.events.append("seat started")
            await send({"type": "lifespan.startup.complete"})
            await receive()
            self.events.append("seat stopped")
            await send({"type": "lifespan.shutdown.complete"})
        else:
            self.events.append(f"seat {scope['path']}")

    async def portal(self, scope: Any, receive: Any, _send: Any) -> None:
        self.events.append(f"portal {scope['path']}")
        await receive()


def _run(app: Any, scope: dict[str, Any], *messages: dict[str, Any]) -> list[dict[str, Any]]:
    waiting = list(messages)
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(dict(message))

    asyncio.run(app(scope, receive, send))
    return sent


STARTUP, SHUTDOWN = {"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}
BODY = {"type": "http.request", "body": b"", "more_body": False}


@pytest.mark.parametrize(("backslashes", "is_heard"), [(0, True), (100, True), (101, False)])
def test_cookies_that_python_is_slow_to_read_get_no_further(backslashes: int, is_heard: bool):
    recorder = Recorder()
    headers = [(b"accept", b"text/html"), (b"cookie", b'a="' + b"\\" * backslashes + b'"')]
    sent = _run(_platform(recorder), {"type": "http", "path": "/", "headers": headers}, BODY)
    assert recorder.events == (["portal /"] if is_heard else [])
    assert [message.get("status") for message in sent] == ([] if is_heard else [400, None])


def _platform(recorder: Recorder) -> Platform:
    beat: Any = recorder
    return Platform(recorder.portal, recorder.seat, beat)


def test_the_schedule_runs_only_while_the_seat_service_is_up():
    recorder = Recorder()
    sent = _run(_platform(recorder), {"type": "lifespan"}, STARTUP, SHUTDOWN)
    assert recorder.events == ["seat started", "beat started", "beat stopped", "seat stopped"]
    assert [message["type"] for message in sent] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]


def test_where_a_broker_is_configured_no_schedule_runs_here():
    recorder = Recorder()
    _run(Platform(recorder.portal, recorder.seat, None), {"type": "lifespan"}, STARTUP, SHUTDOWN)
    assert recorder.events == ["seat started", "seat stopped"]


@pytest.mark.parametrize(
    ("path", "part"),
    [("/seat/answers", "seat"), ("/seating", "portal"), ("/", "portal"), ("/seat", "portal")],
)
def test_paths_go_to_their_part(path: str, part: str):
    recorder = Recorder()
    _run(_platform(recorder), {"type": "http", "path": path}, BODY)
    assert recorder.events == [f"{part} {path}"]


@pytest.mark.parametrize("path", ["/xapi", "/xapi/", "/xapi/statements"])
def test_the_endpoint_is_the_record_stores_with_and_without_its_slash(path: str):
    recorder = Recorder()
    records: Any = recorder.seat
    _run(
        Platform(recorder.portal, recorder.seat, None, records=records), {"type": "http", "path": path}, BODY
    )
    assert recorder.events == [f"seat {path}"]


def test_half_a_request_is_not_taken_for_a_whole_one():
    recorder = Recorder()
    with pytest.raises(ConnectionResetError):
        _run(_platform(recorder), {"type": "http", "path": "/"}, {"type": "http.disconnect"})


def test_websockets_are_refused():
    recorder = Recorder()
    sent = _run(_platform(recorder), {"type": "websocket", "path": "/seat/"})
    assert sent == [{"type": "websocket.close", "code": 1000}]
    assert recorder.events == []


def test_without_a_seat_service_its_paths_are_404_and_the_rest_starts():
    assert _run(_no_seat_service, {"type": "http", "path": "/seat/x"})[0]["status"] == 404
    sent = _run(_no_seat_service, {"type": "lifespan"}, STARTUP, SHUTDOWN)
    assert [message["type"] for message in sent] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]
