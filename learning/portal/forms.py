"""How the portal draws forms: every Django form, ours or a library's, in the portal's field groups.

``{{ form }}`` draws the error summary, then each field: label, hint, error, control. A page that lays
its fields out itself writes ``{{ form.field.as_field_group }}`` and includes
``portal/forms/error_summary.html`` at the top; where more is sent with the form,
the page's context has it as ``rows`` (a formset) or ``part`` (a form).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.forms import BaseForm, BaseFormSet, BoundField
from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise

from learning import thai
from learning.portal import preferences

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


class Rows(BaseFormSet):  # type: ignore[type-arg]
    """A formset whose rows are named by their number, so that an error says in which row it is."""

    # With %(number)s, which counts from 1.
    row_heading: Promise | str = ""

    def add_fields(self, form: Any, index: int | None) -> None:
        """Give the row its name beside its fields."""
        super().add_fields(form, index)
        number = str((index or 0) + 1)
        if preferences.thai_numerals_chosen():
            number = thai.to_thai_numerals(number)
        form.heading = str(self.row_heading) % {"number": number}


@dataclass(frozen=True)
class Fault:
    """One line of an error summary; `control` is the id of what it leads to, empty where there is none."""

    text: str
    control: str = ""


def first_control(field: BoundField) -> str:
    """Return the id of the control an error link should lead to; a choice group's is its first option."""
    return field.id_for_label or f"{field.auto_id}_0"


def faults_of(*parts: BaseForm | Rows | None) -> list[Fault]:
    """Return every error of the forms that a page sends together, in the order they stand on it.

    An error names its field, and a row of a formset where it stands in one.
    """
    found: list[Fault] = []
    for part in parts:
        if isinstance(part, BaseFormSet) and part.is_bound:
            found += (Fault(str(error)) for error in part.non_form_errors())
            for row in part.forms:
                found += _faults_in(row, getattr(row, "heading", ""))
        elif isinstance(part, BaseForm):
            found += _faults_in(part)
    return found


def _faults_in(form: BaseForm, heading: str = "") -> Iterator[Fault]:
    before = f"{heading} – " if heading else ""
    yield from (Fault(f"{before}{error}") for error in form.non_field_errors())
    for field in form.hidden_fields():
        yield from (Fault(f"{before}{error}") for error in field.errors)
    for field in form.visible_fields():
        # Labels are translated late; only a text can be looked for in a text.
        label = str(field.label)
        for error in map(str, field.errors):
            text = error if label in error else f"{label}: {error}"
            yield Fault(before + text, first_control(field))


def form_page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """Return the page of the context's `form`, `rows` and `part`: status 422 where anything has errors."""
    faults = faults_of(context.get("form"), context.get("rows"), context.get("part"))
    return render(request, template, context, status=422 if faults else 200)
