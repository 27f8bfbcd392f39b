"""Template filters and tags of the portal, built into every template."""

from typing import Any

from django import template
from django.forms import BoundField
from django.template.context import RequestContext
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.filter
def first_control(field: BoundField) -> str:
    """Return the id of the control an error link should lead to; a choice group's is its first option."""
    return field.id_for_label or f"{field.auto_id}_0"


@register.filter
def is_marked_optional(field: BoundField) -> bool:
    """Say whether a field is optional among required ones; where all are optional none is marked."""
    return not field.field.required and any(other.required for other in field.form.fields.values())


@register.simple_tag(takes_context=True)
def draw_panels(context: RequestContext, panels: list[tuple[str, dict[str, Any]]]) -> SafeString:
    """Draw what `registry.panels` returned, each with its own context over the page's."""
    drawn = []
    for name, values in panels:
        with context.push(**values):
            drawn.append(context.template.engine.get_template(name).render(context))  # type: ignore[union-attr]
    # Each part is a rendered template, escaped where it had to be.
    return mark_safe("\n".join(drawn))  # noqa: S308


@register.inclusion_tag("portal/parts/breadcrumbs.html")
def breadcrumbs(*parts: str) -> dict[str, Any]:
    """Draw the way to this page: label, URL name or path, label, URL …, and the page's own label last.

    The front page is put first by itself: ``{% breadcrumbs _("Staff page") "portal:staff" title %}``.
    """
    *links, here = parts
    pairs = zip(links[::2], links[1::2], strict=True)
    trail = [(label, address if "/" in address else reverse(address)) for label, address in pairs]
    return {"trail": trail, "here": here}
