"""``POST /seat/enter``: from a candidate number and a one-time code to a seat pass.

Neither session nor password is involved. Attempts that arrive together are judged together, so a round of
100,000 gets in within minutes; one address may fail only so often, whichever numbers it tries. That keeps
one person from locking the codes of many. Guessing is stopped by the codes themselves: each dies in the
database after five wrong tries, and five tries at each of 100,000 codes open one seat in 2,000 such attacks.
"""

import time
from collections.abc import Awaitable, Callable
from functools import partial
from ipaddress import IPv6Address

import msgspec
import structlog
from django.conf import settings
from django.utils import timezone

from exams.seat import metrics, page, protocol
from exams.seat.admissions import Attempt, Refusal, WrongCode, clean_code, clean_number, knock
from exams.seat.http import (
    Headers,
    Rejected,
    Response,
    html_response,
    is_form,
    json_response,
    language_of,
    read_form,
    read_json,
    redirect,
    retry_in,
    with_retry,
)
from exams.seat.services import SeatPass
from exams.seat.views import SEAT_COOKIE
from learning.commit import DatabaseThread, Group

log = structlog.get_logger(__name__)

_decode = msgspec.json.Decoder(protocol.Enter).decode
# Wrong codes that one address may send in a minute, and one more for each who got in, up to so many. A centre
# of 2,000 may sit behind one address: 40 mistype (2 %) if all come in one minute, and 2,000 get in. The limit
# holds for who only fails.
_MAX_FAILURES = 60
# Where nginx's address is taken for everybody's, 20,000 a minute come from it, and 400 mistype.
_MOST_FAILURES = 600
_WINDOW_S = 60.0
_REMEMBERED = 50_000

# Opens a sitting for one browser: (sitting, language) -> its pass.
Opener = Callable[[int, str], Awaitable[SeatPass]]


# A proxy on this machine that does not say for whom it asks: everybody would be one address.
_SAYS_NOTHING = frozenset({"", "127.0.0.1", "::1"})


class Brake:
    """Counts what one address got wrong within a minute, and who got in from there."""

    def __init__(self) -> None:
        # Address: when its minute began, its failures since, and how often somebody got in. In the order in
        # which the minutes began.
        self._minutes: dict[str, tuple[float, int, int]] = {}

    def check(self, address: str) -> None:
        """Raise Rejected while the address has failed too often."""
        began, failures, entered = self._minutes.get(_household(address), (0.0, 0, 0))
        left_s = began + _WINDOW_S - time.monotonic()
        if failures >= min(_MAX_FAILURES + entered, _MOST_FAILURES) and left_s > 0:
            raise Rejected("too_many_tries", 429, retry_ms=retry_in(left_s))

    def count(self, address: str, *, is_failure: bool) -> None:
        """Take an attempt into account."""
        if address in _SAYS_NOTHING:
            return
        address, now = _household(address), time.monotonic()
        began, failures, entered = self._minutes.get(address, (now, 0, 0))
        if now - began >= _WINDOW_S:
            del self._minutes[address]
            began, failures, entered = now, 0, 0
        # The oldest goes, not all: else whoever has many addresses would set everybody free.
        if address not in self._minutes and len(self._minutes) >= _REMEMBERED:
            del self._minutes[next(iter(self._minutes))]
        self._minutes[address] = began, failures + is_failure, entered + (not is_failure)
        if is_failure and failures + 1 == min(_MAX_FAILURES + entered, _MOST_FAILURES):
            # Where it is the proxy's address, --forwarded-allow-ips is missing (docs/operations.md).
            log.warning("seat.door_braked", address=address)


def _household(address: str) -> str:
    """Return what one customer has at least: an IPv4 address, or the first 64 bits of an IPv6 address."""
    if ":" not in address:
        return address
    try:
        found = IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    return str(found.ipv4_mapped or int(found) >> 64)


class Door:
    """Lets admitted candidates in."""

    def __init__(self, open_seat: Opener) -> None:
        self._thread = DatabaseThread("seat-door")
        self._attempts: Group[Attempt, int] = Group(self._thread, knock, watch=metrics.observe_group)
        self._open_seat = open_seat
        self._brake = Brake()

    async def enter(self, body: bytes, headers: Headers, address: str) -> Response:
        """Answer one attempt: JSON for the page's script, a page or a redirect for a plain form."""
        is_by_form = is_form(headers)
        typed = _read_form(body) if is_by_form else read_json(_decode, body)
        language = language_of(headers)
        show = partial(page.enter_page, language=language, number=typed.number) if is_by_form else None
        try:
            self._brake.check(address)
            seat_pass = await self._let_in(typed, language)
        except Refusal as refusal:
            self._brake.count(address, is_failure=True)
            return _refused(refusal.code, refusal.status, headers, show, refusal)
        except Rejected as rejected:
            response = _refused(rejected.code, rejected.status, headers, show, retry_ms=rejected.retry_ms)
            return with_retry(response, rejected.retry_ms)
        self._brake.count(address, is_failure=False)
        if is_by_form:
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
    form = read_form(body)
    try:
        return msgspec.convert(
            {name: form.get(name, "") for name in ("number", "code", "nonce")}, protocol.Enter
        )
    except msgspec.ValidationError as error:
        raise Rejected("malformed", 400) from error


def _refused(
    code: str,
    status: int,
    headers: Headers,
    show: Callable[..., page.Page] | None,
    refusal: Refusal | None = None,
    *,
    retry_ms: int = 0,
) -> Response:
    metrics.REFUSED.labels(code).inc()
    left = refusal.left if isinstance(refusal, WrongCode) else 0
    if show is None:
        return json_response(status, protocol.Fault(code, retry_ms=retry_ms, left=left))
    return html_response(show(error=code, left=left, status=status), headers)
