"""The paper key, for a room that is cut off."""

import segno
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from exams.room.forms import ReasonForm
from exams.room.scopes import Scope
from exams.room.services import actions
from exams.room.services.actions import Order
from learning.people.access import PersonRequest


def show_key(request: PersonRequest, scope: Scope) -> HttpResponse:
    """Ask why, then show the paper key in letters and as a QR; it is not stored in the browser."""
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        reason, key = form.cleaned_data["reason"], form.cleaned_data["key"]
        paper_key = actions.show_key(Order(scope, request.user, reason, timezone.now(), None, key))
        picture = segno.make(paper_key, error="m").svg_data_uri(scale=6, border=4)
        context = {"scope": scope, "groups": paper_key.split("-"), "picture": picture}
        return render(request, "room/key.html", context)
    status = 422 if form.errors else 200
    return render(request, "room/ask_key.html", {"scope": scope, "form": form}, status=status)
