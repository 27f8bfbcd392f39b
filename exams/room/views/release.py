"""The time simulator, and the release of a round through it."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from exams.registration.models import RoundStatus
from exams.room.scopes import Scope
from exams.room.services import release as releasing
from exams.room.time_forms import ReleaseForm
from exams.room.timeline import findings, timeline
from exams.room.views.reach import ROUNDS
from learning.people.access import PersonRequest, requires


@require_http_methods(["GET", "HEAD", "POST"])
@requires("room.oversee")
@never_cache
def release(request: PersonRequest, round_pk: int) -> HttpResponse:
    """Show when each thing will happen and to whom; release the round where nobody would be wronged."""
    round_ = get_object_or_404(ROUNDS, pk=round_pk)
    now = timezone.now()
    is_post = request.method == "POST"
    may_release = request.user.has_perm("room.release")
    if is_post and not may_release:
        raise PermissionDenied
    form = ReleaseForm(request.POST if is_post else None)
    if is_post and form.is_valid():
        releasing.release(round_, actor=request.user, now=now)
        messages.success(request, _("The round has been released. Candidates can be admitted."))
        return redirect(Scope(round_).url(""))
    found = releasing.simulate(round_, now=now)
    is_draft = round_.status == RoundStatus.DRAFT
    context = {
        "round": round_,
        "simulation": found,
        "timeline": timeline(found.days),
        "findings": findings(found.verdict),
        "is_draft": is_draft,
        "may_release": may_release and is_draft and found.may_release,
        "form": form,
    }
    return render(request, "room/release.html", context, status=422 if form.errors else 200)
