"""Forms over a person's own data, used at registration and on the profile page."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from learning import thai
from learning.people.fields import (
    BirthYearField,
    BuddhistDateField,
    DatalistInput,
    NameField,
    NationalIdField,
    ThaiTextField,
)
from learning.people.groups import GROUP_FIELDS, RULES, STATE_ENTERPRISES, only_what_applies, problems
from learning.people.models import (
    Agency,
    AgencyLevel,
    EducationLevel,
    Person,
    PersonnelGroup,
    PersonnelKind,
    PositionLevel,
    Sex,
)

COMMON_TITLES = (
    "นาย",
    "นาง",
    "นางสาว",
    "ว่าที่ร้อยตรี",
    "ว่าที่ร้อยตรีหญิง",
    "ดร.",
    "ผศ.",
    "รศ.",
    "ศ.",
    "พล.ต.ต.",
    "พ.ต.อ.",
    "พ.อ.",
)
UNLISTED = "unlisted"
# Posted by htmx and by the button that stands there without scripts: draw the form again, check nothing.
REFRESH = "refresh"


class TidyForm(forms.Form):
    """A form that remembers which Thai text it had to put into the standard spelling."""

    @property
    def respelled(self) -> list[str]:
        """The values that were changed by more than their spaces."""
        return [
            self.cleaned_data[name]
            for name, field in self.fields.items()
            if isinstance(field, ThaiTextField)
            and self.cleaned_data.get(name, "") != thai.squeeze(str(self.data.get(self.add_prefix(name), "")))
        ]


class NoticeForm(forms.Form):
    """Acknowledgement of the privacy notice: the data is kept for a public task, not by consent."""

    consent = forms.BooleanField(
        label=_("I have read and understood the privacy notice"),
        error_messages={"required": _("Confirm that you have read the privacy notice to go on.")},
    )


class IdentityForm(forms.Form):
    """The national ID."""

    national_id = NationalIdField(
        label=_("National ID"),
        help_text=_("13 digits, as on your ID card. Thai digits and hyphens are fine."),
        error_messages={"required": _("Write your national ID.")},
    )


class _GroupChoices(forms.RadioSelect):
    """Radio buttons with what belongs in each group under its name."""

    def create_option(self, name: str, value: Any, label: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, label, *args, **kwargs)
        option["label"] = format_html(
            '{}<span class="field-hint d-block">{}</span>', label, RULES[PersonnelGroup(value)].hint
        )
        return option


class GroupForm(forms.Form):
    """The personnel group."""

    group = forms.ChoiceField(
        label=_("Which group are you in?"),
        widget=_GroupChoices,
        choices=[(group.value, group.label) for group in PersonnelGroup],
        error_messages={"required": _("Choose a personnel group.")},
    )


class PasswordForm(forms.Form):
    """A password, written twice."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=_("At least 8 characters, not digits only. A short sentence is easy to remember."),
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        error_messages={"required": _("Write a password.")},
    )
    again = forms.CharField(
        label=_("Password again"),
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        error_messages={"required": _("Write the password again.")},
    )

    def clean_password(self) -> str:
        """Ask the password validators."""
        password = str(self.cleaned_data["password"])
        validate_password(password)
        return password

    def clean(self) -> dict[str, Any]:
        """Compare the two."""
        answers = super().clean() or {}
        if {"password", "again"} <= answers.keys() and answers["password"] != answers["again"]:
            self.add_error("again", _("The two passwords differ. Write the same one twice."))
        return answers


class AboutForm(TidyForm):
    """Name, birth year, sex, education and e-mail."""

    title = NameField(
        label=_("Title"),
        max_length=60,
        widget=DatalistInput(COMMON_TITLES, {"autocomplete": "honorific-prefix"}),
        help_text=_("Choose from the list or type your own."),
        error_messages={"required": _("Write your title.")},
    )
    first_name = NameField(
        label=_("First name"),
        max_length=120,
        widget=forms.TextInput({"autocomplete": "given-name"}),
        error_messages={"required": _("Write your first name.")},
    )
    last_name = NameField(
        label=_("Last name"),
        max_length=120,
        widget=forms.TextInput({"autocomplete": "family-name"}),
        error_messages={"required": _("Write your last name.")},
    )
    birth_year = BirthYearField(
        label=_("Year of birth (B.E.)"),
        help_text=_("For example 2535"),
        error_messages={"required": _("Write your year of birth.")},
    )
    sex = forms.ChoiceField(
        label=_("Sex"),
        widget=forms.RadioSelect,
        choices=Sex.choices,
        error_messages={"required": _("Choose your sex, or prefer not to say.")},
    )
    education_level = forms.ChoiceField(
        label=_("Highest education"),
        choices=[("", _("Choose")), *EducationLevel.choices],
        error_messages={"required": _("Choose your highest education.")},
    )


class AboutWithEmailForm(AboutForm):
    """What `AboutForm` asks, and an e-mail address; afterwards that is changed on a page of its own."""

    email = forms.EmailField(
        label=_("E-mail"),
        help_text=_("For signing in and for resetting your password."),
        widget=forms.EmailInput({"autocomplete": "email"}),
        error_messages={
            "required": _("Write your e-mail address."),
            "invalid": _("This is not an e-mail address. It looks like name@example.go.th."),
        },
    )

    def clean_email(self) -> str:
        """Refuse an address that is taken; a person has one account."""
        email = str(self.cleaned_data["email"]).lower()
        if Person.objects.filter(email__iexact=email).exists():
            raise ValidationError(
                _("This e-mail address is already in use. Sign in, or use another address."), code="taken"
            )
        return email


def _refreshing(dependent: str) -> dict[str, str]:
    """Return the attributes with which a select has htmx fetch the field that depends on it."""
    place = f"#field-{dependent}"
    return {
        "hx-post": "",
        "hx-trigger": "change",
        "hx-vals": f'{{"{REFRESH}": "1"}}',
        "hx-target": place,
        "hx-select": place,
        "hx-swap": "outerHTML",
    }


def _names(agencies: Iterable[Agency]) -> Iterator[tuple[str, str]]:
    return ((agency.code, agency.name) for agency in agencies)


class WorkForm(TidyForm):
    """What a group must tell about its work; only that group's fields are there.

    The department list depends on the ministry chosen: without scripts the form is posted once with
    the ministry and comes back with its departments.
    """

    def __init__(self, group: PersonnelGroup, birth_year: int, data: Any = None, **kwargs: Any) -> None:
        self.group = group
        self.rule = RULES[group]
        self.birth_year = birth_year
        super().__init__(data, **kwargs)
        for demand in self.rule.demands:
            for name, field in self._fields_for(demand.field):
                field.label = field.label or str(demand.label)
                field.required = demand.required
                self.fields[name] = field
        for field in self.fields.values():
            if isinstance(field, ThaiTextField):
                field.error_messages["required"] = _("Fill in: %(field)s.") % {"field": field.label}

    def _value(self, name: str) -> Any:
        return self.data.get(self.add_prefix(name)) if self.is_bound else self.initial.get(name)

    def _fields_for(self, name: str) -> list[tuple[str, forms.Field]]:
        """Return the form fields that ask for one field of the person."""
        makers: dict[str, Callable[[], list[tuple[str, forms.Field]]]] = {
            "agency": self._agency_fields,
            "service_start": lambda: [
                (name, BuddhistDateField(error_messages={"required": _("Write the day, month and year.")}))
            ],
            "personnel_kind": lambda: [(name, self._kinds())],
            # The level says its type too, so one list asks for both.
            "position_type": list,
            "position_level": lambda: [(name, self._levels())],
            "division_name": lambda: [(name, self._division())],
        }
        make = makers.get(name)
        return make() if make else [(name, ThaiTextField(max_length=200))]

    def _agency_fields(self) -> list[tuple[str, forms.Field]]:
        unlisted = (UNLISTED, gettext("Not in the list – I will write the name"))
        if self.group == PersonnelGroup.STATE_ENTERPRISE:
            return [("department", self._choice(gettext("State enterprise"), STATE_ENTERPRISES, unlisted))]
        ministries = Agency.objects.filter(level=AgencyLevel.MINISTRY).exclude(code=STATE_ENTERPRISES)
        ministry = forms.ChoiceField(
            label=_("Ministry or equivalent"),
            widget=forms.Select(_refreshing("department")),
            choices=[("", _("Choose")), *_names(ministries)],
            error_messages={"required": _("Choose a ministry.")},
        )
        return [
            ("ministry", ministry),
            ("department", self._choice(gettext("Department"), str(self._value("ministry") or ""), unlisted)),
        ]

    def _choice(self, label: str, parent: str, unlisted: tuple[str, str]) -> forms.ChoiceField:
        departments = Agency.objects.filter(parent__code=parent, level=AgencyLevel.DEPARTMENT)
        choices: list[tuple[str, Any]] = [("", _("Choose"))]
        if parent:
            choices += [*_names(departments), unlisted]
        return forms.ChoiceField(
            label=label,
            choices=choices,
            # A state enterprise has no divisions to suggest.
            widget=forms.Select(
                _refreshing("division_name") if "division_name" in self.rule.fields else None
            ),
            error_messages={
                "required": _("Choose from the list: %(field)s.") % {"field": label},
                # The ministry was changed after the department was chosen.
                "invalid_choice": _("Choose from the list: %(field)s.") % {"field": label},
            },
        )

    def _kinds(self) -> forms.ChoiceField:
        return forms.ChoiceField(
            choices=[("", _("Choose")), *((kind.value, kind.label) for kind in self.rule.kinds)],
            error_messages={"required": _("Choose a kind of personnel.")},
        )

    @staticmethod
    def _levels() -> forms.ChoiceField:
        groups: dict[str, list[tuple[str, str]]] = {}
        for level in PositionLevel.objects.select_related("position_type").order_by(
            "position_type__order", "order"
        ):
            kind = level.position_type.name
            groups.setdefault(kind, []).append((level.code, f"{kind} – {level.name}"))
        return forms.ChoiceField(
            label=_("Position type and level"),
            choices=[("", _("Choose")), *groups.items()],
            error_messages={"required": _("Choose your position type and level.")},
        )

    def _division(self) -> ThaiTextField:
        department = str(self._value("department") or "")
        known = (
            Agency.objects.filter(parent__code=department, level=AgencyLevel.DIVISION) if department else ()
        )
        return ThaiTextField(max_length=200, widget=DatalistInput([agency.name_th for agency in known]))

    def clean(self) -> dict[str, Any]:
        """Turn the answers into a person's fields and check them against the group's rule."""
        answers = super().clean() or {}
        self.values = only_what_applies(self.group, self._person_values(answers))
        found = problems(self.group, self.values, birth_year=self.birth_year, today=timezone.localdate())
        for name, message in found.items():
            shown = {"agency": "department", "position_type": "position_level"}.get(name, name)
            if shown not in self.errors:
                self.add_error(shown, str(message))
        return answers

    def all_values(self) -> dict[str, Any]:
        """Return the group and every field any group has, those that do not apply empty."""
        empty = dict.fromkeys(GROUP_FIELDS, "") | self.values
        return {"group": self.group.value} | only_what_applies(self.group, empty)

    def _person_values(self, answers: dict[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = {demand.field: answers.get(demand.field) for demand in self.rule.demands}
        if "agency" in self.rule.fields:
            values["agency"] = self._chosen_agency(answers)
        if code := answers.get("position_level"):
            level = PositionLevel.objects.select_related("position_type").get(code=code)
            values |= {"position_level": level, "position_type": level.position_type}
        return values

    def _chosen_agency(self, answers: dict[str, Any]) -> Agency | None:
        """Return the division where its name is known, else the department, else the root above it."""
        department = answers.get("department")
        if department == UNLISTED:
            root = answers.get("ministry") or STATE_ENTERPRISES
            return Agency.objects.filter(code=root).first()
        if not department:
            return None
        tree = Agency.objects.select_related("parent__parent")
        division = tree.filter(parent__code=department, name_th=answers.get("division_name") or None).first()
        return division or tree.filter(code=department).first()


def posted_initial(data: QueryDict) -> dict[str, Any]:
    """Return what was posted as initial values, to draw `WorkForm` again without checking it."""
    parts = [data.get(f"service_start_{n}", "") for n in range(3)]
    return data.dict() | {"service_start": parts}


def work_initial(person: Person) -> dict[str, Any]:
    """Return what `WorkForm` shows for a person's stored values."""
    initial: dict[str, Any] = {
        name: getattr(person, name)
        for name in (
            "division_name",
            "service_start",
            "personnel_kind",
            "position",
            "level_text",
            "occupation",
            "organisation",
        )
    }
    initial["position_level"] = person.position_level_id
    if person.agency:
        by_level = {agency.level: agency.code for agency in person.agency.ancestry}
        initial["ministry"] = by_level.get(AgencyLevel.MINISTRY.value)
        initial["department"] = by_level.get(AgencyLevel.DEPARTMENT.value, UNLISTED)
    return initial


def described_kind(person: Person) -> str:
    """Return the kind of personnel in words."""
    return str(PersonnelKind(person.personnel_kind).label) if person.personnel_kind else ""


def work_rows(person: Person) -> list[tuple[Promise | str, str | date]]:
    """Return the group's fields with a person's values as shown on pages, in the order of the rule."""
    rows: list[tuple[Promise | str, str | date]] = []
    for demand in RULES[PersonnelGroup(person.group)].demands:
        value = getattr(person, demand.field)
        if demand.field == "agency":
            value = " › ".join(agency.name for agency in reversed(value.ancestry)) if value else ""
        elif demand.field == "personnel_kind":
            value = described_kind(person)
        if value or demand.required:
            rows.append((demand.label, value if isinstance(value, date) else str(value or "")))
    return rows
