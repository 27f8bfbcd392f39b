"""The way through a course, how learning time was counted, and which device goes on."""

import re
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from courses.catalogue.models import CourseVersion
from courses.player.models import EvidenceKind
from courses.player.services import registrations
from courses.player.services.outline import outline, time_by_unit
from courses.player.views.places import own_registration, session_of, take
from learning.people.access import PersonRequest, fetch
from learning.portal.registry import panels

_NUMBER = re.compile(r"[0-9]{1,15}")


@require_safe
@login_required
@never_cache
def outline_page(request: PersonRequest, registration: UUID) -> HttpResponse:
    """Show topics and units with the state of each, and the way to go on."""
    found = own_registration(request, registration)
    now = timezone.now()
    context = {
        "registration": found,
        "outline": outline(found, now=now),
        "is_elsewhere": not session_of(request, found) and registrations.is_in_use(found, now=now),
        "panels": panels(request, "learning", registration=found),
    }
    return render(request, "player/outline.html", context)


@require_safe
@login_required
@never_cache
def time_page(request: PersonRequest, registration: UUID) -> HttpResponse:
    """Show how much learning time was counted in each unit, by what showed it."""
    found = own_registration(request, registration)
    rows = time_by_unit(found)
    kinds = [(kind, sum(row.kinds.get(kind, 0) for row in rows)) for kind in EvidenceKind]
    context = {
        "registration": found,
        "rows": [(row, [row.kinds.get(kind, 0) for kind in EvidenceKind]) for row in rows],
        "kinds": kinds,
        "seconds": sum(seconds for _kind, seconds in kinds),
    }
    return render(request, "player/time.html", context)


@require_POST
@login_required
def take_over(request: PersonRequest, registration: UUID) -> HttpResponseRedirect:
    """Go on with the course on this device."""
    found = own_registration(request, registration)
    take(request, found, now=timezone.now())
    messages.success(request, _("You go on here. The other device has been told and writes nothing more."))
    wanted = request.POST.get("unit", "")
    if _NUMBER.fullmatch(wanted):
        return redirect("player:unit", found.pk, int(wanted))
    return redirect("player:outline", found.pk)


@require_POST
@login_required
def preview(request: PersonRequest, version: int) -> HttpResponseRedirect:
    """Open a version as a learner sees it, for those who look after its course."""
    versions = CourseVersion.objects.select_related("course__owner")
    found = fetch(request.user, versions, "player.preview", pk=version)
    return redirect("player:outline", registrations.preview(request.user, found).pk)


@require_POST
@login_required
def reset(request: PersonRequest, registration: UUID) -> HttpResponseRedirect:
    """Begin a preview again."""
    found = own_registration(request, registration)
    registrations.reset_preview(found)
    messages.success(request, _("The preview begins again."))
    return HttpResponseRedirect(reverse("player:outline", args=[found.pk]))
