"""Forms of partners' courses."""

import json
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from courses.catalogue.models import Course
from courses.catalogue.models import Launch as How
from courses.partners.models import Placement, ReportedActivity, Tool
from learning.records.forms import ClientNameField


class ToolForm(forms.ModelForm):  # type: ignore[type-arg]  # no generic at run time
    """A tool as its provider describes it."""

    jwks = forms.CharField(
        label=_("The tool's keys"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("A JSON Web Key Set, where the provider has no address for it."),
    )

    class Meta:
        model = Tool
        fields = (
            "name",
            "login_url",
            "redirect_uris",
            "jwks_url",
            "jwks",
            "shares_name",
            "shares_email",
            "is_active",
        )
        help_texts = {
            "login_url": _("The provider calls it login initiation URL."),
            "redirect_uris": _("The provider calls them redirect URIs. One a line."),
            "jwks_url": _("The provider calls it public JWKS URL. Needed to report results back."),
            "shares_name": _(
                "Only where the provider needs it. The tool always gets a number that stands for the person."
            ),
        }
        widgets = {"redirect_uris": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.jwks:
            self.initial["jwks"] = json.dumps(self.instance.jwks, indent=2)

    def clean_jwks(self) -> dict[str, Any] | None:
        """Return the public keys, or None where none were given."""
        text = self.cleaned_data["jwks"].strip()
        if not text:
            return None
        try:
            keys = KeySet.import_key_set(json.loads(text))
            if any(key.is_private for key in keys):
                raise ValidationError(_("This has a private key in it. Ask the provider for the public one."))
            return dict(keys.as_dict(private=False))
        except (ValueError, TypeError, KeyError, AttributeError, JoseError):
            raise ValidationError(_("This is not a JSON Web Key Set.")) from None


class ConnectForm(forms.Form):
    """A course that is to be opened through a tool."""

    course = forms.ModelChoiceField(
        Course.objects.none(), label=_("Course"), empty_label=_("Choose a course")
    )
    pass_percent = forms.IntegerField(
        label=_("Pass mark in percent"),
        min_value=0,
        max_value=100,
        initial=0,
        help_text=_("0 where finishing the course is enough."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        taken = Placement.objects.values("course")
        self.fields["course"].queryset = Course.objects.filter(  # type: ignore[attr-defined]
            launch=How.LTI, retired_at=None
        ).exclude(pk__in=taken)

    @property
    def pass_mark(self) -> Decimal:
        """The pass mark as a share."""
        return Decimal(self.cleaned_data["pass_percent"]) / 100


class ReportedForm(forms.Form):
    """A course of which a partner is to report by learning records."""

    course = forms.ModelChoiceField(
        Course.objects.none(), label=_("Course"), empty_label=_("Choose a course")
    )
    activity = forms.CharField(
        label=_("The partner's id of the activity"),
        max_length=500,
        help_text=_("The id that its records give the course; it begins with http"),
        validators=[URLValidator(("http", "https"))],
        widget=forms.TextInput({"autocapitalize": "none", "spellcheck": "false", "inputmode": "url"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        taken = ReportedActivity.objects.values("course")
        self.fields["course"].queryset = (  # type: ignore[attr-defined]
            Course.objects.exclude(provider="").filter(retired_at=None).exclude(pk__in=taken)
        )

    def clean_activity(self) -> str:
        """Return an id of which nobody reports yet."""
        activity: str = self.cleaned_data["activity"]
        if ReportedActivity.objects.filter(activity=activity).exists():
            raise ValidationError(_("A course has this id already."))
        return activity


class LetInForm(ReportedForm):
    """A partner that is to report by learning records, with its first course."""

    name = ClientNameField(label=_("Partner"), max_length=100)
    field_order = ("name", "course", "activity")


class ReportForm(forms.Form):
    """A list of completions as a spreadsheet."""

    file = forms.FileField(
        label=_("List of completions (.xlsx or .csv)"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv"}),
    )
