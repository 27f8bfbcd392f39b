"""Words for what changed between two versions."""

from typing import Any

from django import template
from django.utils.translation import gettext_lazy as _

from courses.packages.package import Kind
from courses.studio.comparing import Change

register = template.Library()

_FIELDS = {
    "name_th": _("name"),
    "name_en": _("name in English"),
    "minutes": _("minutes"),
    "title": _("heading of the unit"),
    "body": _("text"),
    "file": _("file"),
    "address": _("address"),
    "content": _("questions and settings"),
    "package_id": _("package"),
    "min_seconds": _("least time"),
    "is_required": _("whether it is required"),
    "opens_after": _("which unit opens it"),
}
# As authors and authoring tools call them.
_KINDS = {
    Kind.SCORM_12: "SCORM 1.2",
    Kind.SCORM_2004_3: _("SCORM 2004, 3rd edition"),
    Kind.SCORM_2004_4: _("SCORM 2004, 4th edition"),
    Kind.CMI5: "cmi5",
    Kind.XAPI: "xAPI (Tin Can)",
    Kind.H5P: "H5P",
    Kind.HTML: _("web pages (HTML)"),
    Kind.MP4: _("video (MP4)"),
    Kind.PDF: _("document (PDF)"),
}
_CHANGES = {
    Change.SAME: (_("as before"), "neutral"),
    Change.ADDED: (_("added"), "success"),
    Change.REMOVED: (_("removed"), "danger"),
    Change.CHANGED: (_("changed"), "warning"),
}


@register.filter
def field_label(name: str) -> str:
    """Return what a field of a topic or a unit is called."""
    return str(_FIELDS[name])


@register.filter
def package_kind(kind: str | None) -> str:
    """Return what a kind of file is called, a dash for a file that is of none."""
    return str(_KINDS[Kind(kind)]) if kind else "–"


@register.inclusion_tag("portal/parts/status_tag.html")
def change_tag(change: Change) -> dict[str, Any]:
    """Draw what became of a topic or a unit."""
    label, kind = _CHANGES[change]
    return {"label": label, "kind": kind}
