"""How agencies review, and which item banks are open to courses."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from courses.studio.errors import ChangedMeanwhile, InvalidReviewers
from courses.studio.forms.course import agencies_for
from courses.studio.forms.review import BanksForm, possible_reviewers, stage_forms, stages_in
from courses.studio.models import CourseBank
from courses.studio.services import drawing
from courses.studio.services import stages as services
from courses.studio.services.reviews import stages_for
from learning.people.access import PersonRequest, fetch, requires
from learning.people.models import Agency, Role
from learning.portal.forms import form_page
from learning.portal.paging import page_of

_SUGGESTED = 50


@require_safe
@requires("studio.build")
def index(request: PersonRequest) -> HttpResponse:
    """List the person's agencies with their stages of review."""
    found = agencies_for(request.user).prefetch_related("review_stages__reviewers").order_by("code")
    return render(request, "studio/agencies.html", {"page": page_of(request, found)})


@require_http_methods(["GET", "HEAD", "POST"])
@requires("studio.build")
def stages(request: PersonRequest, pk: int) -> HttpResponse:
    """Say how an agency reviews its courses."""
    agency = fetch(request.user, Agency.objects.select_related("parent__parent"), "studio.set_stages", pk=pk)
    rows = stage_forms(request.POST if request.method == "POST" else None, agency)
    if request.method == "POST" and rows.is_valid():
        try:
            services.set_stages(
                agency, stages_in(rows), seen=request.POST.get("seen", ""), actor=request.user
            )
        except (ChangedMeanwhile, InvalidReviewers) as error:
            rows.non_form_errors().append(str(error))
        else:
            messages.success(request, _("The stages have been saved. Reviews that are going on keep theirs."))
            return redirect("studio:stages", pk)
    possible = possible_reviewers(agency).filter(role_grants__role=Role.REVIEWER).exclude(email="").distinct()
    context = {
        "agency": agency,
        "rows": rows,
        "seen": services.stages_seen(agency),
        "inherited": [] if services.own_stages(agency) else stages_for(agency),
        "possible": possible[:_SUGGESTED],
    }
    return form_page(request, "studio/stages.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("studio.open_banks")
def banks(request: PersonRequest) -> HttpResponse:
    """Say from which item banks courses may draw."""
    opened = list(CourseBank.objects.values_list("bank", flat=True))
    form = BanksForm(request.POST if request.method == "POST" else None, initial={"banks": opened})
    if request.method == "POST" and form.is_valid():
        drawing.set_open_banks([bank.pk for bank in form.cleaned_data["banks"]], actor=request.user)
        messages.success(request, _("Saved."))
        return redirect("studio:banks")
    return render(request, "studio/banks.html", {"form": form, "banks": drawing.all_banks()})
