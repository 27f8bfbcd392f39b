"""The lost-time ledger: a page, its file, and compensation."""

from collections.abc import Iterator

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from exams.room.errors import NobodyChosen, ScopeTooLarge
from exams.room.ledger_words import explain, length, table
from exams.room.scopes import Scope
from exams.room.services import lost_time
from exams.room.services.lost_time import Line
from exams.room.time_forms import CompensationForm
from exams.room.views.acting import chosen_seats
from exams.room.views.reach import reach
from learning.people.access import PersonRequest
from learning.portal.templatetags.portal import thai_number
from learning.spreadsheets import CONTENT_TYPES, Format, stream_csv, write_table

_PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def ledger(request: PersonRequest, round_pk: int, **where: int) -> HttpResponse:
    """Show who lost time and why; an exam officer gives it back."""
    scope = reach(request, "room.watch", round_pk, **where)
    is_post = request.method == "POST"
    if is_post and not request.user.has_perm("room.compensate"):
        raise PermissionDenied
    form = CompensationForm(request.POST if is_post else None)
    chosen = None if "all" in request.POST else chosen_seats(request.POST)
    if is_post and form.is_valid():
        if chosen == []:
            form.add_error(None, NobodyChosen.message)
        else:
            _compensate(request, scope, chosen, form.cleaned_data["reason"])
            return redirect(request.get_full_path())
    if lost_time.is_large(scope):
        return _large(request, scope)
    lines = lost_time.read(scope.placements(), now=timezone.now())
    context = _context(request, scope, lines) | {"form": form, "chosen": chosen}
    return render(request, "room/lost_time.html", context, status=422 if form.errors else 200)


@require_safe
@login_required
@never_cache
def export(request: PersonRequest, round_pk: int, **where: int) -> HttpResponseBase:
    """Download the ledger: who was affected, when, for how long, and what is still owed.

    Of a large scope it is sent as it is read, in the order in which candidates were placed; only CSV can be.
    """
    scope = reach(request, "room.watch", round_pk, **where)
    kind: Format = "csv" if request.GET.get("format") == "csv" else "xlsx"
    now = timezone.now()
    response: HttpResponseBase
    if lost_time.is_large(scope):
        if kind != "csv":
            raise ScopeTooLarge
        rows = stream_csv(*table(lost_time.walk(scope.placements(), now=now)))
        # The rows are made after the middleware has left, which would take the language along.
        response = StreamingHttpResponse(_in_language(rows, get_language()), content_type=CONTENT_TYPES[kind])
    else:
        lines = lost_time.read(scope.placements(), now=now)
        response = HttpResponse(write_table(*table(lines), kind), content_type=CONTENT_TYPES[kind])
    name = "-".join(["lost-time", *map(str, scope.keys)])
    response["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response


def _in_language(chunks: Iterator[bytes], language: str | None) -> Iterator[bytes]:
    with override(language):
        yield from chunks


def _large(request: PersonRequest, scope: Scope) -> HttpResponse:
    """Show what the database adds up, and the way to the ledger of each centre or room."""
    name = "room:room-ledger" if scope.centre else "room:centre-ledger"
    rows = [
        {
            "sum": each,
            "address": reverse(name, args=[scope.round.pk, each.pk]),
            "silent": length(each.silent_ms) if each.silent else "",
            "given": length(each.given_ms) if each.given else "",
        }
        for each in lost_time.sums(scope)
    ]
    return render(request, "room/lost_time_large.html", {"scope": scope, "rows": rows, "now": timezone.now()})


def _compensate(request: PersonRequest, scope: Scope, chosen: list[int] | None, reason: str) -> None:
    given = lost_time.compensate(scope, chosen, actor=request.user, reason=reason, now=timezone.now())
    parts = [_("%(minutes)s min × %(n)s") % {"minutes": minutes, "n": n} for minutes, n in given.items()]
    # How soon depends on how many sittings a process of the seat service has (`exams.seat.presence.beat_ms`).
    text = _(
        "Extra time given to %(n)s candidates: %(parts)s. Pages with network show it within half a minute "
        "as a rule, and within 70 seconds at the latest."
    )
    messages.success(request, text % {"n": thai_number(sum(given.values())), "parts": ", ".join(parts)})


def _context(request: PersonRequest, scope: Scope, lines: list[Line]) -> dict[str, object]:
    page = Paginator(lines, _PAGE).get_page(request.GET.get("page"))
    owed = [line for line in lines if line.account.minutes]
    return {
        "scope": scope,
        "page": page,
        "rows": [_row(line) for line in page],
        "affected": sum(bool(line.account.losses) for line in lines),
        "lost": length(sum(line.account.lost_ms for line in lines)),
        "owed": len(owed),
        "unpaid": sum(bool(line.account.owed_ms) for line in lines) - len(owed),
        "may_compensate": bool(owed) and request.user.has_perm("room.compensate"),
        "oversees": request.user.has_perm("room.oversee"),
        "now": timezone.now(),
    }


def _row(line: Line) -> dict[str, object]:
    found = line.account
    return {
        "line": line,
        "sentences": explain(found),
        "lost": length(found.lost_ms) if found.lost_ms else "",
        "ongoing": length(found.ongoing_ms) if found.ongoing_ms else "",
        "given": length(found.given_ms) if found.given_ms else "",
        "owed": length(found.owed_ms) if found.owed_ms else "",
    }
