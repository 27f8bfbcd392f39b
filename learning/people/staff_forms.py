"""Forms of the staff pages."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from learning.people.fields import ThaiTextField, TypedDateField
from learning.people.models import Agency, PersonnelGroup, Role


class PersonFilterForm(forms.Form):
    """What to look for in the list of persons."""

    q = ThaiTextField(
        label=_("Name, e-mail or national ID"),
        required=False,
        max_length=100,
        widget=forms.TextInput({"type": "search"}),
    )
    agency = forms.ModelChoiceField(Agency.objects.none(), label=_("Agency"), required=False)
    group = forms.ChoiceField(
        label=_("Personnel group"), required=False, choices=[("", _("All")), *PersonnelGroup.choices]
    )
    role = forms.ChoiceField(label=_("Role"), required=False, choices=[("", _("All")), *Role.choices])

    def __init__(self, *args: Any, agencies: QuerySet[Agency], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["agency"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = agencies
        field.empty_label = str(_("All"))


class GrantForm(forms.Form):
    """A role to give."""

    role = forms.ChoiceField(
        label=_("Role"),
        choices=[("", _("Choose")), *Role.choices],
        error_messages={"required": _("Choose a role.")},
    )
    agency = forms.ModelChoiceField(
        Agency.objects.all(),
        label=_("Agency"),
        required=False,
        empty_label=_("No agency"),
        help_text=_("For agency officers only. The role holds for this agency and everything below it."),
    )

    def clean(self) -> dict[str, Any]:
        """Ask for an agency exactly where the role has one."""
        answers = super().clean() or {}
        is_officer = answers.get("role") == Role.AGENCY_OFFICER
        if is_officer and not answers.get("agency"):
            self.add_error("agency", _("Choose the agency for which the officer acts."))
        if answers.get("role") and not is_officer and answers.get("agency"):
            self.add_error("agency", _("This role has no agency. Choose “No agency”."))
        return answers


class AuditFilterForm(forms.Form):
    """What to look for in the audit log."""

    action = forms.CharField(
        label=_("What was done"),
        required=False,
        max_length=80,
        help_text=_("Or its beginning, for example people.role"),
        widget=forms.TextInput({"autocapitalize": "none", "spellcheck": "false"}),
    )
    person = ThaiTextField(
        label=_("Who did it"), required=False, max_length=100, help_text=_("Name, e-mail or national ID")
    )
    target = forms.CharField(
        label=_("Acted upon"), required=False, max_length=120, help_text=_("For example people.person:12")
    )
    since = TypedDateField(label=_("From"), required=False)
    until = TypedDateField(label=_("To"), required=False)


class UploadForm(forms.Form):
    """A list of persons."""

    file = forms.FileField(
        label=_("List of persons"),
        help_text=_("Excel (.xlsx), or CSV in UTF-8 or TIS-620"),
        widget=forms.FileInput({"accept": ".xlsx,.csv"}),
        error_messages={
            "required": _("Choose a file."),
            "empty": _("The file is empty. Choose another one."),
        },
    )


class ExportForm(forms.Form):
    """How to take the list away."""

    format = forms.ChoiceField(
        label=_("Kind of file"),
        widget=forms.RadioSelect,
        choices=[("xlsx", _("Excel (.xlsx)")), ("csv", _("CSV in UTF-8"))],
        initial="xlsx",
        error_messages={"required": _("Choose a kind of file.")},
    )
    full = forms.BooleanField(
        label=_("With whole national IDs; this is written to the audit log"), required=False
    )

    def __init__(self, *args: Any, may_reveal: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_reveal:
            del self.fields["full"]
