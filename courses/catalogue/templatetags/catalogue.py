"""Template filters of the catalogue: ``{% load catalogue %}``."""

from decimal import Decimal

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import ngettext

from courses.catalogue.markdown import render
from learning.portal.templatetags.portal import thai_number

register = template.Library()


@register.filter
def hours(value: Decimal | int | None) -> str:
    """Write a number of hours in words, ``{{ course.hours|hours }}``: 1.5 hours, 30 hours."""
    number = Decimal(value or 0)
    shown = thai_number(int(number) if number == number.to_integral() else number)
    # Rules of plurals are for whole numbers; one and a half is more than one.
    return ngettext("%(hours)s hour", "%(hours)s hours", 1 if number == 1 else 2) % {"hours": shown}


@register.filter
def markdown(text: str, title: str = "") -> SafeString:
    """Show what an author wrote, ``{{ unit.body|markdown:unit.title }}``; a heading may repeat the title."""
    return render(text, title=title)
