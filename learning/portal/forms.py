"""How the portal draws forms: every Django form, ours or a library's, in the portal's field groups.

``{{ form }}`` draws the error summary, then each field: label, hint, error, control. A page that lays
its fields out itself writes ``{{ form.field.as_field_group }}`` and includes
``portal/forms/error_summary.html`` at the top.
"""

from typing import Any

from django.forms import BaseForm
from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

WIDGETS = "django/forms/widgets/"
# By the template's name, which says what is drawn even where a widget class was subclassed.
CLASS_OF_TEMPLATE = {"select": "form-select", "checkbox": "form-check-input", "hidden": ""}
CHOICES = {"radio", "checkbox_select"}


def _add_class(widget: dict[str, Any]) -> None:
    """Give the widget's control its Bootstrap class, and each part of a compound one its own."""
    name = widget["template_name"].removeprefix(WIDGETS).removesuffix(".html")
    for part in widget.get("subwidgets", ()):
        _add_class(part)
    if name in CHOICES or widget.get("subwidgets"):
        return
    added = CLASS_OF_TEMPLATE.get(name, "form-control")
    present = widget["attrs"].get("class", "")
    widget["attrs"] = {**widget["attrs"], "class": f"{added} {present}".strip()}


class PortalRenderer(TemplatesSetting):
    """Draw every form and field with the portal's templates."""

    form_template_name = "portal/forms/form.html"
    field_template_name = "portal/forms/field.html"

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        """Render a form, field or widget; widgets get their classes here, so that no form has to."""
        widget = context.get("widget")
        if isinstance(widget, dict) and not widget.get("is_hidden"):
            _add_class(widget)
        return str(super().render(template_name, context, request=request))


def form_page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """Return the page of the context's `form`: status 422 where what was sent in has errors."""
    form: BaseForm = context["form"]
    return render(request, template, context, status=422 if form.errors else 200)
