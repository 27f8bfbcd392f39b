"""Pages for those who take a test."""

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from exams.knowledge.errors import LinkOfAnother
from exams.knowledge.forms import IdentityForm
from exams.knowledge.models import Attempt, Round
from exams.knowledge.services import attempts, identity, invitations, results
from exams.knowledge.services.attempts import Step
from exams.knowledge.timing import deadline
from exams.seat.views import enter
from learning.people.access import PersonRequest, fetch, requires
from learning.portal.paging import page_of

ROUNDS = Round.objects.select_related("test", "definition", "support_request__agency__parent__parent")
ATTEMPTS = Attempt.objects.select_related(
    "person", "agency", "round__test", "round__definition", "sitting__form"
)


@require_safe
@requires("knowledge.take")
def index(request: PersonRequest) -> HttpResponse:
    """List the rounds the person may take, now or later."""
    now = timezone.now()
    own = Attempt.objects.filter(person=request.user).select_related("sitting").order_by("number")
    rounds = (
        attempts.with_item_counts(ROUNDS.takeable_by(request.user).filter(closes_at__gt=now))
        .prefetch_related(Prefetch("attempts", queryset=own, to_attr="own_attempts"))
        .order_by("opens_at", "pk")
    )
    page = page_of(request, rounds)
    standings = [(round_, attempts.standing(round_, round_.own_attempts, now=now)) for round_ in page]
    return render(request, "knowledge/index.html", {"page": page, "standings": standings})


@require_safe
@login_required
def round_page(request: PersonRequest, pk: int) -> HttpResponse:
    """Show one round: its rules, where the person stands, and what can be done."""
    round_ = fetch(request.user, attempts.with_item_counts(ROUNDS), "knowledge.take", pk=pk)
    own = attempts.attempts_of(round_, request.user)
    standing = attempts.standing(round_, own, now=timezone.now())
    return render(request, "knowledge/round.html", {"round": round_, "own": own, "standing": standing})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def start(request: PersonRequest, pk: int) -> HttpResponse:
    """Say in plain words what starting means; on POST start, or go on, and enter the seat."""
    round_ = fetch(request.user, attempts.with_item_counts(ROUNDS), "knowledge.take", pk=pk)
    now = timezone.now()
    if request.method == "POST":
        attempt = attempts.start_attempt(round_, request.user, now=now)
        return enter(attempt.sitting) if attempt.sitting else redirect("knowledge:result", attempt.pk)
    standing = attempts.standing(round_, attempts.attempts_of(round_, request.user), now=now)
    if standing.step != Step.START:
        return redirect("knowledge:round", round_.pk)
    ends_at = deadline(now, round_.definition.duration, round_.closes_at)
    context = {
        "round": round_,
        "standing": standing,
        "ends_at": ends_at,
        "minutes": int((ends_at - now).total_seconds() // 60),
        "is_cut_short": ends_at - now < round_.definition.duration,
    }
    return render(request, "knowledge/start.html", context)


@require_safe
@login_required
@never_cache
def result(request: PersonRequest, pk: int) -> HttpResponse:
    """Show the result of one attempt, or where it stands until there is one."""
    attempt = fetch(request.user, ATTEMPTS, "knowledge.view_attempt", pk=pk)
    now = timezone.now()
    attempt = results.conclude_if_closed(attempt, now=now)
    if attempt.concluded_at is None:
        is_open = attempt.sitting is not None and now < attempt.sitting.deadline
        return render(request, "knowledge/pending.html", {"attempt": attempt, "is_open": is_open})
    own = attempts.attempts_of(attempt.round, request.user)
    context = {
        "attempt": attempt,
        "round": attempt.round,
        "view": results.result_view(attempt, now=now),
        "standing": attempts.standing(attempt.round, own, now=now),
    }
    return render(request, "knowledge/result.html", context)


@require_safe
@login_required
@never_cache
def explanations(request: PersonRequest, pk: int) -> HttpResponse:
    """Show each item of the person's paper with their answer, the right one, and why."""
    attempt = fetch(request.user, ATTEMPTS, "knowledge.view_attempt", pk=pk)
    items = results.explain(attempt, now=timezone.now())
    return render(request, "knowledge/explanations.html", {"attempt": attempt, "items": items})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Follow a personal link: to the round for its person, to signing in, or to a first password."""
    now = timezone.now()
    found = invitations.open_link(token, now=now)
    if request.user.is_authenticated:
        if request.user.pk != found.person_id:
            raise LinkOfAnother
        return redirect("knowledge:round", found.round_id)
    if not identity.needs_password(found.person):
        return render(request, "knowledge/link_sign_in.html", {"round": found.round, "next": request.path})
    form = IdentityForm(request.POST or None, person=found.person)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        if identity.proves_identity(found, data["number"], data["birth_year"]):
            person = identity.set_first_password(found, data["password"], now=now)
            login(request, person, backend="learning.people.auth.NationalIdOrEmailBackend")
            messages.success(request, _("Your password has been set, and you are signed in."))
            return redirect("knowledge:round", found.round_id)
        form.add_error(None, identity.REFUSED)
    context = {"round": found.round, "form": form}
    return render(request, "knowledge/link_identity.html", context, status=422 if form.errors else 200)
