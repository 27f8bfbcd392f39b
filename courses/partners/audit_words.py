"""What the audit log calls what is done with the platforms of partners."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ACTIONS: dict[str, Promise] = {
    "partners.tool_registered": _("LTI tool registered"),
    "partners.tool_changed": _("LTI tool changed"),
    "partners.course_connected": _("Course connected with an LTI tool"),
    "partners.course_disconnected": _("Course disconnected from an LTI tool"),
    "partners.key_made": _("Signing key for partners made"),
    "partners.records_let_in": _("Partner let in to report"),
    "partners.records_connected": _("Partner allowed to report of a course"),
    "partners.records_shut_out": _("Partner shut out from reporting"),
    "partners.completions_reported": _("Completions entered from a report"),
}
