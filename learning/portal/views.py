"""Portal pages."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from learning.portal import registry


def home(request: HttpRequest) -> HttpResponse:
    """Show the front page."""
    return render(request, "portal/home.html", {"panels": registry.panels(request, "home")})
