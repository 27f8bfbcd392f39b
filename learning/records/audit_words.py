"""What the audit log calls what is done with learning records."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ACTIONS: dict[str, Promise] = {
    "records.timeline_viewed": _("Learning records of a person looked at"),
    "records.exported": _("Learning records taken out at the command line"),
    "records.person_erased": _("Learning records of a person removed"),
    "records.older_removed": _("Learning records past their time removed"),
    "records.client_made": _("Credential of the record store made"),
    "records.client_revoked": _("Credential of the record store revoked"),
    "records.outbox_tried_again": _("Record on its way tried again"),
    "records.outbox_set_aside": _("Record on its way set aside"),
    "records.destination_added": _("Record store to forward to added"),
    "records.destination_changed": _("Record store to forward to changed"),
    "records.destination_removed": _("Record store to forward to removed"),
    "records.destination_tried_again": _("Record store to forward to tried again"),
    "records.undelivered_sent_again": _("Refused record sent again"),
    "records.undelivered_all_sent_again": _("All refused records sent again"),
    "records.undelivered_given_up": _("Refused record given up"),
}
