"""The small HTTP client against a server of plain sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from loadtest.wire import Connections, Lost

REPLY = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
REQUEST = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"

Talk = Callable[[socket.socket], None]


class Server:
    """Accepts connections one after the other; `talk` speaks on each until it returns."""

    def __init__(self, talk: Talk) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.connections = 0
        self.peers: list[str] = []
        self._talk = talk
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, (peer, _port) = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self.peers.append(peer)
            with connection:
                self._talk(connection)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


def always(connection: socket.socket) -> None:
    while connection.recv(65536):
        connection.sendall(REPLY)


def once(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(REPLY)


def in_pieces(connection: socket.socket) -> None:
    while connection.recv(65536):
        for n in range(0, len(REPLY), 7):
            connection.sendall(REPLY[n : n + 7])


def never(connection: socket.socket) -> None:
    connection.recv(65536)


@pytest.fixture
def serve() -> Iterator[Callable[[Talk], Server]]:
    servers = []

    def start(talk: Talk) -> Server:
        servers.append(Server(talk))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def connections(*addresses: str, owns: bool = False) -> Connections:
    return Connections(addresses, size=2, owns=owns, timeout_s=2)


def test_one_connection_serves_many_requests(serve):
    server = serve(always)
    ways = connections(server.address)
    replies = [ways.exchange(REQUEST, 0, 0) for _ in range(3)]
    assert {(reply.status, reply.body, reply.process) for reply in replies} == {(200, b"{}", 0)}
    assert server.connections == 1
    ways.close()


def test_a_reply_may_come_in_pieces(serve):
    ways = connections(serve(in_pieces).address)
    assert ways.exchange(REQUEST, 0, 0).body == b"{}"
    ways.close()


def test_a_connection_that_the_server_has_closed_is_made_anew(serve):
    server = serve(once)
    ways = connections(server.address)
    assert [ways.exchange(REQUEST, 0, 0).status for _ in range(3)] == [200, 200, 200]
    assert server.connections == 3
    ways.close()


def test_where_a_process_is_gone_the_next_one_answers(serve):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        gone = f"127.0.0.1:{nobody.getsockname()[1]}"
        ways = connections(gone, serve(always).address)
        assert ways.exchange(REQUEST, 0, 0).process == 1
    ways.close()


def test_without_any_process_the_request_is_lost():
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        ways = connections(f"127.0.0.1:{nobody.getsockname()[1]}")
        with pytest.raises(Lost, match="refused"):
            ways.exchange(REQUEST, 0, 0)


def test_a_connection_that_ends_before_the_reply_is_a_lost_request(serve):
    ways = connections(serve(never).address)
    with pytest.raises(Lost, match="closed before any reply"):
        ways.exchange(REQUEST, 0, 0)


def test_connections_of_their_own_come_from_many_addresses(serve):
    server = serve(once)
    ways = connections(server.address, owns=True)
    for source in (0, 1, 250, 62_500):
        ways.exchange(REQUEST, 0, source)
    assert server.peers == ["127.1.0.1", "127.1.0.2", "127.1.1.1", "127.2.0.1"]
