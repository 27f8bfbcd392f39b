"""``POST /seat/enter``: from a candidate number and a one-time code to a seat pass.

Neither session nor password is involved. Attempts that arrive together are judged together, so a round of
100,000 gets in within minutes; one address may fail only so often, whichever numbers it tries.
"""

import time
from collections.abc import Awaitable, Callable
from functools import partial

import msgspec
from django.conf import settings
from django.http import QueryDict
from django.utils import timezone

from exams.seat import metrics, page, protocol
from exams.seat.admissions import Attempt, Refusal, WrongCode, clean_code, clean_number, knock
from exams.seat.commit import DatabaseThread, Group
from exams.seat.http import Headers, Rejected, Response, html_response, json_response, redirect
from exams.seat.services import SeatPass
from exams.seat.views import SEAT_COOKIE

_decode = msgspec.json.Decoder(protocol.Enter).decode
# Wrong codes that one address may send in a minute. A whole centre may sit behind one address.
_MAX_FAILURES = 60
_WINDOW_S = 60.0
_REMEMBERED = 10_000

# Opens a sitting for one browser: (sitting, language) -> its pass.
Opener = Callable[[int, str], Awaitable[SeatPass]]


class Brake:
    """Counts what one address got wrong within a minute."""

    def __init__(self) -> None:
        # Address: when its minute began, and its failures since.
        self._failures: dict[str, tuple[float, int]] = {}

    def check(self, address: str) -> None:
        """Raise Rejected while the address has failed too often."""
        began, failures = self._failures.get(address, (0.0, 0))
        if failures >= _MAX_FAILURES and time.monotonic() - began < _WINDOW_S:
            raise Rejected("too_many_tries", 429)

    def count(self, address: str) -> None:
        """Take a failure into account."""
        now = time.monotonic()
        began, failures = self._failures.get(address, (now, 0))
        if now - began >= _WINDOW_S:
            began, failures = now, 0
        if len(self._failures) >= _REMEMBERED:
            self._failures.clear()
        self._failures[address] = began, failures + 1


class Door:
    """Lets admitted candidates in."""

    def __init__(self, open_seat: Opener) -> None:
        self._thread = DatabaseThread("seat-door")
        self._attempts: Group[Attempt, int] = Group(self._thread, knock)
        self._open_seat = open_seat
        self._brake = Brake()

    async def enter(self, body: bytes, headers: Headers, address: str) -> Response:
        """Answer one attempt: JSON for the page's script, a page or a redirect for a plain form."""
        is_form = headers.get(b"content-type", b"").startswith(b"application/x-www-form-urlencoded")
        typed = _read_form(body) if is_form else _read_json(body)
        language = page.language_of(headers)
        show = partial(page.enter_page, language=language, number=typed.number)
        try:
            self._brake.check(address)
            seat_pass = await self._let_in(typed, language)
        except Refusal as refusal:
            self._brake.count(address)
            return _refused(refusal.code, refusal.status, headers, show if is_form else None, refusal)
        except Rejected as rejected:
            return _refused(rejected.code, rejected.status, headers, show if is_form else None)
        if is_form:
            return redirect(seat_pass.path, cookie_header(seat_pass))
        response = json_response(200, protocol.Entered(seat_pass.path, seat_pass.token))
        return response._replace(
            headers=[*response.headers, (b"set-cookie", cookie_header(seat_pass).encode())]
        )

    async def _let_in(self, typed: protocol.Enter, language: str) -> SeatPass:
        number, code = clean_number(typed.number), clean_code(typed.code)
        sitting = await self._attempts.do(Attempt(number, code, typed.nonce, timezone.now()))
        return await self._open_seat(sitting, language)

    async def close(self) -> None:
        """Finish what is under way and close the connection."""
        await self._attempts.finish()
        await self._thread.close()


def cookie_header(seat_pass: SeatPass) -> str:
    """Return the Set-Cookie header that `exams.seat.views.enter` sends from the portal."""
    secure = "; Secure" if settings.SESSION_COOKIE_SECURE else ""
    return (
        f"{SEAT_COOKIE}={seat_pass.token}; Path={seat_pass.path}; Max-Age={seat_pass.max_age}; "
        f"HttpOnly; SameSite=Lax{secure}"
    )


def _read_form(body: bytes) -> protocol.Enter:
    form = QueryDict(body)
    try:
        return msgspec.convert(
            {name: form.get(name, "") for name in ("number", "code", "nonce")}, protocol.Enter
        )
    except msgspec.ValidationError as error:
        raise Rejected("malformed", 400) from error


def _read_json(body: bytes) -> protocol.Enter:
    try:
        return _decode(body)
    except msgspec.DecodeError as error:
        raise Rejected("malformed", 400) from error


def _refused(
    code: str,
    status: int,
    headers: Headers,
    show: Callable[..., page.Page] | None,
    refusal: Refusal | None = None,
) -> Response:
    metrics.REFUSED.labels(code).inc()
    left = refusal.left if isinstance(refusal, WrongCode) else 0
    if show is None:
        return json_response(status, protocol.Fault(code, left=left))
    return html_response(show(error=code, left=left, status=status), headers)
