"""One page for every action: what it will do and to whom, why, and then it is done."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from exams.registration.models import Placement
from exams.room.errors import NobodyChosen
from exams.room.forms import ExtraTimeForm, MoveForm, ReasonForm
from exams.room.models import ActionKind
from exams.room.scopes import Scope
from exams.room.services import actions, checkin
from exams.room.services.actions import Order
from exams.room.views.keys import show_key
from exams.room.views.reach import reach
from learning.people.access import PersonRequest

SEATS, ROOM, WIDER = "seats", "room", "wider"
# All that fit into a primary key.
_MAX_DIGITS = 18
# Named on the page that asks; of more, the number is said.
_NAMED = 60


@dataclass(frozen=True)
class Spec:
    """An action as people meet it. `reach` says whether it is for chosen seats, a room, or more."""

    title: Promise
    text: Promise
    button: Promise
    perform: Callable[[Order, ReasonForm], int]
    reach: frozenset[str]
    form: type[ReasonForm] = ReasonForm
    danger: bool = False
    # What stands in the box at first, where one reason is nearly always right.
    reason: Promise | str = ""
    one_only: bool = False


EVERYWHERE = frozenset({SEATS, ROOM, WIDER})
SPECS: dict[str, Spec] = {
    ActionKind.ADMIT: Spec(
        gettext_lazy("Admit"),
        gettext_lazy("Each gets a new one-time seat code. A code given before stops working."),
        gettext_lazy("Admit and show the codes"),
        lambda order, _form: actions.admit(order),
        frozenset({SEATS}),
        reason=gettext_lazy("Identity checked against the card and the photograph"),
    ),
    ActionKind.WITHDRAW: Spec(
        gettext_lazy("Withdraw the admission"),
        gettext_lazy("The seat codes not used yet stop working. Who is in the sitting already stays in."),
        gettext_lazy("Withdraw"),
        lambda order, _form: actions.withdraw(order),
        frozenset({SEATS}),
        danger=True,
    ),
    ActionKind.MOVE: Spec(
        gettext_lazy("Change the seat"),
        gettext_lazy(
            "Answers and remaining time go with the candidate. The machine left behind is shut out at once; "
            "the new one is opened with a new seat code."
        ),
        gettext_lazy("Change the seat"),
        lambda order, form: actions.move(order, form.cleaned_data["to"]),
        frozenset({SEATS}),
        form=MoveForm,
        one_only=True,
    ),
    ActionKind.PAUSE: Spec(
        gettext_lazy("Pause"),
        gettext_lazy("The clocks stop and the papers are covered until you resume. Nobody loses time."),
        gettext_lazy("Pause"),
        lambda order, _form: actions.pause(order),
        EVERYWHERE,
    ),
    ActionKind.RESUME: Spec(
        gettext_lazy("Resume"),
        gettext_lazy("The clocks run again, with the time that was left when they stopped."),
        gettext_lazy("Resume"),
        lambda order, _form: actions.resume(order),
        EVERYWHERE,
    ),
    ActionKind.EXTRA_TIME: Spec(
        gettext_lazy("Give extra time"),
        gettext_lazy("The end of time moves back by these minutes. Time given cannot be taken away again."),
        gettext_lazy("Give extra time"),
        lambda order, form: actions.give_extra_time(order, form.cleaned_data["minutes"]),
        EVERYWHERE,
        form=ExtraTimeForm,
    ),
    ActionKind.FORCE_SUBMIT: Spec(
        gettext_lazy("Submit in the candidate's place"),
        gettext_lazy("The sitting ends now, with the answers saved so far. This cannot be undone."),
        gettext_lazy("Submit now"),
        lambda order, _form: actions.force_submit(order),
        EVERYWHERE,
        danger=True,
    ),
    ActionKind.END: Spec(
        gettext_lazy("End the sitting in this room"),
        gettext_lazy(
            "Nobody is admitted any more, and nothing is changed in this room afterwards. "
            "It is refused while somebody still has time."
        ),
        gettext_lazy("End the sitting"),
        lambda order, _form: actions.end_sitting(order),
        frozenset({ROOM}),
        danger=True,
    ),
}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def act(request: PersonRequest, kind: str, round_pk: int, **where: int) -> HttpResponse:
    """Ask why, then do it. Without scripts this is a page, with them a dialogue over the console."""
    scope = reach(request, "room.act", round_pk, **where)
    if kind == ActionKind.SHOW_KEY and scope.room is not None:
        return show_key(request, scope)
    spec, chosen = _spec(kind, scope, request)
    placements = checkin.of_scope(scope, chosen)
    form = _form(request, spec, placements)
    if request.method == "POST" and form.is_valid():
        reason, key = form.cleaned_data["reason"], form.cleaned_data["key"]
        count = spec.perform(Order(scope, request.user, reason, timezone.now(), chosen, key), form)
        messages.success(request, _("%(action)s: done (%(n)s)") % {"action": spec.title, "n": count})
        return redirect(_after(kind, scope, chosen))
    context = {
        "scope": scope,
        "spec": spec,
        "form": form,
        "chosen": chosen,
        "placements": placements[:_NAMED] if chosen else [],
        "total": placements.count(),
        "back_url": scope.url(""),
    }
    is_dialogue = request.headers.get("X-Dialogue") == "1"
    name = "room/parts/act.html" if is_dialogue else "room/act.html"
    return render(request, name, context, status=422 if form.errors else 200)


def chosen_seats(values: QueryDict) -> list[int]:
    """Return the placements that a form or an address names, each once."""
    named = (text for text in values.getlist("seat") if text.isascii() and text.isdigit())
    return sorted({int(text) for text in named if len(text) <= _MAX_DIGITS})


def _spec(kind: str, scope: Scope, request: PersonRequest) -> tuple[Spec, list[int] | None]:
    """Return the action, and the placements it is for (None: all). Raises Http404, NobodyChosen."""
    spec = SPECS.get(kind)
    values = request.POST if request.method == "POST" else request.GET
    if scope.room is None:
        extent, chosen = WIDER, None
    elif "all" in values or kind == ActionKind.END:
        extent, chosen = ROOM, None
    else:
        extent, chosen = SEATS, chosen_seats(values)
    if spec is None or extent not in spec.reach:
        raise Http404
    if extent == SEATS and (not chosen or (spec.one_only and len(chosen) > 1)):
        raise NobodyChosen(_("Choose one seat only.") if chosen else None)
    return spec, chosen


def _form(request: PersonRequest, spec: Spec, placements: Any) -> ReasonForm:
    data = request.POST if request.method == "POST" else None
    if spec.form is not MoveForm:
        return spec.form(data, reason=str(spec.reason))
    placement: Placement = placements.first()
    if placement is None:
        raise Http404
    everywhere = request.user.has_perm("room.move_anywhere")
    return MoveForm(data, free=actions.free_seats(placement, everywhere=everywhere), placement=placement)


def _after(kind: str, scope: Scope, chosen: list[int] | None) -> str:
    """Return where the person goes on: to the codes that were given, or back to where they were."""
    if chosen is None or kind not in {ActionKind.ADMIT, ActionKind.MOVE}:
        return scope.url("")
    # Who was moved may be in another room now.
    room = Placement.objects.values_list("seat__room", flat=True).get(pk=chosen[0])
    codes = reverse("room:room-codes", args=[scope.round.pk, room])
    return f"{codes}?{urlencode({'seat': chosen}, doseq=True)}"
