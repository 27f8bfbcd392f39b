"""A bucket as of S3: a server that gives parts of what it holds, and Django's storage in front of it."""

from __future__ import annotations

import io
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self
from urllib.parse import quote, unquote, urlsplit

from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage

HELD: dict[str, bytes] = {}
# Bytes given, of each request.
GIVEN: list[int] = []


class _Handler(BaseHTTPRequestHandler):
    gives_parts = True

    def do_GET(self) -> None:
        held = HELD.get(unquote(urlsplit(self.path).path[1:]))
        if held is None:
            self.send_error(404)
            return
        part = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers["Range"] or "")
        is_part = part is not None and self.gives_parts
        body = held[int(part[1]) : int(part[2]) + 1] if part is not None and is_part else held
        GIVEN.append(len(body))
        self.send_response(206 if is_part else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""


class Bucket:
    """The server, for as long as the context lasts."""

    address = ""

    def __init__(self, *, gives_parts: bool = True) -> None:
        handler = type("Handler", (_Handler,), {"gives_parts": gives_parts})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)

    def __enter__(self) -> Self:
        HELD.clear()
        GIVEN.clear()
        Thread(target=self._server.serve_forever, daemon=True).start()
        type(self).address = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(self, *_args: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class BucketStorage(Storage):
    """Opens files as the storage class of S3 does: whole."""

    def _open(self, name: str, _mode: str = "rb") -> File[bytes]:
        if name not in HELD:
            raise FileNotFoundError(name)
        GIVEN.append(len(HELD[name]))
        return File(io.BytesIO(HELD[name]), name)

    def _save(self, name: str, content: ContentFile[bytes]) -> str:
        HELD[name] = content.read()
        return name

    def exists(self, name: str) -> bool:
        return name in HELD

    def delete(self, name: str) -> None:
        HELD.pop(name, None)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        inside = [name.removeprefix(f"{path.rstrip('/')}/") for name in HELD if name.startswith(path)]
        folders = {name.partition("/")[0] for name in inside if "/" in name}
        return sorted(folders), [name for name in inside if "/" not in name]

    def size(self, name: str) -> int:
        if name not in HELD:
            raise FileNotFoundError(name)
        return len(HELD[name])

    def url(self, name: str | None) -> str:
        return f"{Bucket.address}/{quote(name or '')}?signed=until-noon"
