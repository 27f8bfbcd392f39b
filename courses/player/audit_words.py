"""What the audit log calls what is done to the way of a learner."""

from collections.abc import Collection
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from courses.player.models import Registration

ACTIONS: dict[str, Promise] = {
    "player.unit_waived": _("Learner excused from a lesson of a package"),
    "player.rescheduled": _("Dates of a learner moved"),
}


def registration_names(keys: Collection[UUID]) -> dict[UUID, str]:
    """Return what registrations are called in the audit log: by their version; the entry names the person."""
    found = Registration.objects.filter(pk__in=keys).select_related("version__course")
    return {each.pk: each.version.full_name for each in found}
