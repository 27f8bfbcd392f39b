"""Template filters and tags of the portal, built into every template."""

import datetime as dt
from decimal import Decimal
from typing import Any, Literal

from django import template
from django.core.paginator import Page
from django.forms import BoundField
from django.template.context import RequestContext
from django.urls import reverse
from django.utils import dateformat
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from learning import thai
from learning.portal import forms, preferences

register = template.Library()


def _in_english() -> bool:
    return get_language() == "en"


@register.filter
def thai_numerals(value: object) -> str:
    """Write digits as ๐–๙ for those who asked for it; for all others leave them."""
    text = str(value)
    return thai.to_thai_numerals(text) if preferences.thai_numerals_chosen() else text


@register.filter(is_safe=True)
def thai_numerals_in_markup(markup: str) -> str:
    """Do as `thai_numerals` in running text with tags: ``{% filter thai_numerals_in_markup %}…``."""
    return thai.to_thai_numerals_in_markup(markup) if preferences.thai_numerals_chosen() else markup


@register.filter(expects_localtime=True)
def thai_date(value: dt.date | None, form: Literal["", "short"] = "") -> str:
    """Write a date in the Buddhist era, on an English page in the common one; nothing for None.

    ``{{ day|thai_date }}`` is 21 พฤศจิกายน 2569, ``{{ day|thai_date:"short" }}`` is 21 พ.ย. 2569.
    """
    if not value:
        return ""
    if _in_english():
        return dateformat.format(value, "j M Y" if form == "short" else "j F Y")
    return thai_numerals(thai.date_text(value, short=form == "short"))


@register.filter(expects_localtime=True)
def thai_datetime(value: dt.datetime | None, form: Literal["", "short"] = "") -> str:
    """Write a date and Bangkok time: 21 พฤศจิกายน 2569 เวลา 16.05 น.; nothing for None."""
    if not value:
        return ""
    if _in_english():
        return dateformat.format(value, "j M Y, H:i" if form == "short" else "j F Y, H:i")
    return thai_numerals(thai.datetime_text(value, short=form == "short"))


@register.filter(expects_localtime=True)
def thai_time(value: dt.datetime | dt.time | None) -> str:
    """Write a Bangkok time of day: 16.05 น.; nothing for None."""
    if value is None or value == "":
        return ""
    if _in_english():
        return f"{value.hour:02}:{value.minute:02}"
    return thai_numerals(thai.time_text(value))


@register.filter(expects_localtime=True)
def buddhist_year(value: dt.date | int | None) -> str:
    """Write the year of a date, or a common-era year, as พ.ศ. counts it; on an English page as CE does."""
    if not value:
        return ""
    year = value if isinstance(value, int) else value.year
    return str(year) if _in_english() else thai_numerals(thai.buddhist_year(year))


@register.filter
def thai_number(value: Decimal | float | None, places: int | None = None) -> str:
    """Write a number with thousands separators, ``{{ share|thai_number:2 }}`` with two decimal places."""
    return "" if value is None or value == "" else thai_numerals(thai.number_text(value, places))


@register.filter
def whole_percent(value: Decimal) -> str:
    """Write a share in whole percents, never rounded up: who has 59.6 of the 60 asked for has 59."""
    return thai_numerals(int(value * 100))


@register.filter
def duration(value: dt.timedelta | int | None, unit: Literal["", "minutes", "seconds"] = "") -> str:
    """Write a timedelta, or a whole number of `unit`, in words: 1 ชั่วโมง 30 นาที; nothing for None."""
    if value is None or value == "":
        return ""
    if not isinstance(value, dt.timedelta):
        value = dt.timedelta(minutes=value) if unit == "minutes" else dt.timedelta(seconds=value)
    return thai.english_duration_text(value) if _in_english() else thai_numerals(thai.duration_text(value))


register.simple_tag(forms.faults_of)


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


@register.inclusion_tag("portal/parts/pagination.html", takes_context=True)
def pagination(context: RequestContext, page: "Page[Any]") -> dict[str, Any]:
    """Draw links to the pages around `page`; the rest of the query string is kept."""
    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    return {"request": context.get("request"), "page": page, "numbers": list(numbers)}


@register.inclusion_tag("portal/parts/status_tag.html")
def status_tag(
    label: str, kind: Literal["neutral", "info", "success", "warning", "danger"] = "neutral"
) -> dict[str, Any]:
    """Draw a state as a word on a quiet ground; the word says it, the colour only helps."""
    return {"label": label, "kind": kind}
