"""The way to a partner's course."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from courses.catalogue.models import Course
from courses.partners.services import launches
from learning.people.access import PersonRequest


# A link and not a form: the portal's pages may send forms nowhere else, and redirects of one neither.
@require_GET
@login_required
@never_cache
def open_course(request: PersonRequest, code: str) -> HttpResponse:
    """Write down that the person goes to the partner, and send the browser there."""
    course = get_object_or_404(Course.objects.visible_to(request.user), code=code)
    return HttpResponseRedirect(launches.open_course(request.user, course))
