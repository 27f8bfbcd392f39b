"""Surveys: a form once, thanks afterwards."""

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _

from courses.catalogue.contents import read_survey
from courses.player.forms import SurveyForm
from courses.player.services.surveys import respond
from courses.player.views.places import Place
from courses.player.views.reading import go_on, show
from learning.people.access import PersonRequest


def survey(request: PersonRequest, place: Place) -> HttpResponse:
    """Ask what the learner thinks, once."""
    is_answered = place.registration.surveys.filter(unit=place.unit).exists()
    given = request.POST if request.method == "POST" else None
    form = SurveyForm(given, survey=read_survey(place.unit.content))
    if request.method == "POST" and form.is_valid():
        respond(place.registration, place.unit, form.answers, now=place.now)
        messages.success(request, _("Thank you. Your answers are kept without your name beside them."))
        return go_on(place)
    response = show(request, place, "player/survey.html", form=form, is_answered=is_answered)
    response.status_code = 422 if form.errors else 200
    return response
