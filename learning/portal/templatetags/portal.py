"""Template filters and tags of the portal, built into every template."""

from django import template

register = template.Library()
