"""The two ways in which requests reach the content origin: ASGI in front of everything, and Django's WSGI.

Both ask `serving.answer`. Under ASGI a slow reader of a long video keeps no thread of the portal busy.
"""

import asyncio
from collections.abc import Callable, Iterator

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from courses.content import serving
from learning.request_ids import AsgiApp, Receive, Scope, Send

_CHUNK = 256 << 10


class ContentOrigin:
    """ASGI: answer requests for the content host, hand all others to the platform."""

    def __init__(self, platform: AsgiApp) -> None:
        self._platform = platform

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell by the Host header whose request it is."""
        if scope["type"] not in {"http", "websocket"} or not serving.is_content_host(_host(scope)):
            await self._platform(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        else:
            await _answer(scope, receive, send)


def _host(scope: Scope) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")


async def _answer(scope: Scope, receive: Receive, send: Send) -> None:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    query = scope.get("query_string", b"").decode("latin-1")
    answer = await asyncio.to_thread(
        serving.answer, _host(scope), scope["method"], scope["path"], headers, query=query
    )
    fields = [(name.lower().encode(), value.encode("latin-1")) for name, value in answer.headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": fields})
    if answer.stream is None:
        await send({"type": "http.response.body", "body": answer.body})
        return
    # Whoever moves on in a video goes away; the server then takes what we send and throws it away.
    gone = asyncio.ensure_future(_gone(receive))
    try:
        chunks = _Chunks(answer)
        while not gone.done() and (chunk := await asyncio.to_thread(next, chunks, b"")):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        gone.cancel()
        answer.stream.close()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class ContentOriginMiddleware:
    """Django: the same where nothing stands in front of it; before sessions, cookies and every other page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Tell by the Host header whose request it is."""
        host = str(request.META.get("HTTP_HOST", ""))
        if not serving.is_content_host(host):
            return self.get_response(request)
        headers = {name.lower(): value for name, value in request.headers.items()}
        answer = serving.answer(
            host,
            request.method or "",
            request.path_info,
            headers,
            query=str(request.META.get("QUERY_STRING", "")),
        )
        response: HttpResponseBase
        if answer.stream is None:
            response = HttpResponse(answer.body, status=answer.status)
        else:
            # Django closes it with the response, also when nobody read it to its end.
            response = StreamingHttpResponse(_Chunks(answer), status=answer.status)
        del response["Content-Type"]
        for name, value in answer.headers.items():
            response[name] = value
        return response


class _Chunks:
    """The bytes of an answer, piece by piece."""

    def __init__(self, answer: serving.Answer) -> None:
        assert answer.stream is not None
        self._stream, self._left = answer.stream, answer.length
        self._stream.seek(answer.start)
        self.close = self._stream.close

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        chunk = self._stream.read(min(_CHUNK, self._left))
        if not chunk:
            raise StopIteration
        self._left -= len(chunk)
        return chunk
