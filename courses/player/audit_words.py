"""What the audit log calls what is done to the way of a learner."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ACTIONS: dict[str, Promise] = {
    "player.unit_waived": _("Learner excused from a lesson of a package"),
    "player.rescheduled": _("Dates of a learner moved"),
}
