"""Sentences that both a page and a reply to its script say."""

from django.utils.translation import gettext as _

from courses.catalogue.models import Unit
from courses.player.models import UnitProgress
from learning.portal.templatetags.portal import duration


def time_text(unit: Unit, progress: UnitProgress | None) -> str:
    """Say how much learning time was counted in a unit, and how much is missing."""
    seconds = progress.seconds if progress else 0
    counted = _("Learning time counted: %(time)s") % {"time": duration(seconds, "seconds")}
    if seconds >= unit.min_seconds:
        return counted
    return _("%(counted)s of at least %(needed)s") % {
        "counted": counted,
        "needed": duration(unit.min_seconds, "seconds"),
    }
