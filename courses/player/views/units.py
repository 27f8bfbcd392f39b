"""The page of a unit: each kind has its own, all share what stands around it."""

from django.http.response import HttpResponseBase
from django.views.decorators.http import require_http_methods

from courses.catalogue.models import UnitKind
from courses.player.views import launch, reading, surveying, testing, watching
from courses.player.views.places import Place, UnitView, at_unit
from learning.people.access import PersonRequest

PAGES: dict[str, UnitView] = {
    UnitKind.TEXT: reading.text,
    UnitKind.SLIDES: reading.slides,
    UnitKind.LINK: reading.link,
    UnitKind.PDF: reading.document,
    UnitKind.VIDEO: watching.video,
    UnitKind.TEST: testing.test,
    UnitKind.SURVEY: surveying.survey,
    UnitKind.PACKAGE: launch.package,
}


@require_http_methods(["GET", "HEAD", "POST"])
@at_unit
def unit(request: PersonRequest, place: Place) -> HttpResponseBase:
    """Show a unit, or take what was done in it."""
    return PAGES[place.unit.kind](request, place)
