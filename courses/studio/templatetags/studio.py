"""Words for what changed between two versions."""

from typing import Any

from django import template
from django.utils.translation import gettext_lazy as _

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


@register.inclusion_tag("portal/parts/status_tag.html")
def change_tag(change: Change) -> dict[str, Any]:
    """Draw what became of a topic or a unit."""
    label, kind = _CHANGES[change]
    return {"label": label, "kind": kind}
