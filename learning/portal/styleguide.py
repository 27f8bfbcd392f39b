"""The style guide: every component of the portal, drawn by the same templates the pages use."""

import datetime as dt

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from learning.portal.search import SearchForm

DELIVERIES = (("email", _("By e-mail")), ("post", _("By post")), ("counter", _("At the counter")))


class SpecimenForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label=_("First and last name"), help_text=_("As on your national ID card."))
    email = forms.EmailField(label=_("E-mail"), required=False)
    seats = forms.IntegerField(label=_("Number of persons"), min_value=1, max_value=500)
    day = forms.DateField(label=_("Date"), widget=forms.DateInput(attrs={"type": "date"}))
    delivery = forms.ChoiceField(
        label=_("How to send it"),
        widget=forms.RadioSelect,
        choices=DELIVERIES,
        help_text=_("Choose one."),
    )
    topics = forms.MultipleChoiceField(
        label=_("Kinds of notice"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        choices=(("result", _("Results")), ("round", _("New tests")), ("system", _("Maintenance"))),
    )
    region = forms.ChoiceField(
        label=_("Place"), choices=(("", _("Choose a place")), ("bkk", _("Bangkok")), ("cnx", _("Chiang Mai")))
    )
    note = forms.CharField(label=_("Remark"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    sheet = forms.FileField(label=_("Staff list"), required=False, help_text=_("XLSX or CSV."))
    agreed = forms.BooleanField(label=_("I have checked that everything is right"))


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Show every component. The broken form is bound to nothing, so that each field says its error."""
    pages = Paginator(range(240), 20)
    return render(
        request,
        "portal/styleguide.html",
        {
            "specimen": SpecimenForm(auto_id="whole_%s"),
            "broken": SpecimenForm({"email": "somchai@", "seats": "900"}, auto_id="broken_%s"),
            "search": SearchForm(auto_id="search_%s"),
            "page": pages.get_page(request.GET.get("page")),
            "now": timezone.now(),
            "span": dt.timedelta(hours=1, minutes=30),
            "rows": [
                {"label": _("First and last name"), "value": "นางสาวสมหญิง ใจดี", "change_url": "#summary"},
                {"label": _("Place"), "value": _("Bangkok"), "change_url": "#summary"},
            ],
        },
    )
