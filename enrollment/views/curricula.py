"""What a learner sees of their curricula."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from courses.catalogue.models import Curriculum
from enrollment.models import CurriculumCompletion
from enrollment.services import curricula as service
from learning.people.access import PersonRequest


@require_safe
@login_required
def curricula(request: PersonRequest) -> HttpResponse:
    """List the curricula that the person has begun."""
    return render(request, "enrollment/curricula.html", {"ways": service.begun(request.user)})


@require_safe
@login_required
def curriculum(request: PersonRequest, code: str) -> HttpResponse:
    """Show what the person has of a curriculum and what is missing."""
    found = get_object_or_404(Curriculum, code=code.upper())
    completion = CurriculumCompletion.objects.filter(person=request.user, curriculum=found)
    context = {
        "way": service.way_of(request.user, found),
        "completion": completion.select_related("certificate").first(),
    }
    return render(request, "enrollment/curriculum.html", context)
