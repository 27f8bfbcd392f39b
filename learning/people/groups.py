"""What each of the five personnel groups must tell about itself.

One table, `RULES`, is read by the registration form, the profile page, the check-your-answers page and
the importer, so that they cannot come to differ. Source: the Learning Portal's registration, where
groups 1–3 name their agency, 4 its state enterprise, 5 an occupation.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from learning.people.models import Agency, AgencyLevel, PersonnelGroup, PersonnelKind, PositionLevel

STATE_ENTERPRISES = "23"
"""Code of the root under which the reference data lists state enterprises."""

MINIMUM_AGE_IN_SERVICE = 15


@dataclass(frozen=True)
class Demand:
    """One field asked of a group."""

    field: str
    label: Promise
    required: bool = True


@dataclass(frozen=True)
class GroupRule:
    """The fields of one group in the order in which they are asked, and the kinds of personnel in it."""

    hint: Promise
    demands: tuple[Demand, ...]
    kinds: tuple[PersonnelKind, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the fields that apply."""
        return tuple(demand.field for demand in self.demands)

    def label(self, field: str) -> Promise:
        """Return what the group calls a field."""
        return next(demand.label for demand in self.demands if demand.field == field)


_AGENCY = Demand("agency", _("Ministry and department"))
_UNLISTED = Demand("organisation", _("Name of the department, if it is not in the list"), required=False)
_DIVISION = Demand("division_name", _("Division"), required=False)
_SERVICE_START = Demand("service_start", _("Date of entering service"))
_KIND = Demand("personnel_kind", _("Kind of personnel"))
_POSITION = Demand("position", _("Position"))
_FREE_LEVEL = Demand("level_text", _("Level"), required=False)

RULES: dict[PersonnelGroup, GroupRule] = {
    PersonnelGroup.CIVIL_SERVANT: GroupRule(
        hint=_("Appointed under the Civil Service Act, with a position type and level"),
        demands=(
            _AGENCY,
            _UNLISTED,
            _DIVISION,
            _SERVICE_START,
            Demand("position_type", _("Position type")),
            Demand("position_level", _("Level")),
            _POSITION,
        ),
    ),
    PersonnelGroup.OTHER_OFFICIAL: GroupRule(
        hint=_("For example teachers, police, military, judges, local or university officials"),
        demands=(_AGENCY, _UNLISTED, _DIVISION, _SERVICE_START, _KIND, _POSITION, _FREE_LEVEL),
        kinds=(
            PersonnelKind.TEACHER,
            PersonnelKind.POLICE,
            PersonnelKind.MILITARY,
            PersonnelKind.PROSECUTOR,
            PersonnelKind.JUDGE,
            PersonnelKind.LOCAL,
            PersonnelKind.PARLIAMENT,
            PersonnelKind.UNIVERSITY,
            PersonnelKind.OTHER_OFFICIAL,
        ),
    ),
    PersonnelGroup.STATE_OFFICER: GroupRule(
        hint=_("Government employees, permanent and temporary employees, staff of public organisations"),
        demands=(_AGENCY, _UNLISTED, _DIVISION, _SERVICE_START, _KIND, _POSITION, _FREE_LEVEL),
        kinds=(
            PersonnelKind.GOVERNMENT_EMPLOYEE,
            PersonnelKind.PERMANENT_EMPLOYEE,
            PersonnelKind.TEMPORARY_EMPLOYEE,
            PersonnelKind.OTHER_OFFICER,
        ),
    ),
    PersonnelGroup.STATE_ENTERPRISE: GroupRule(
        hint=_("Employees of a state enterprise"),
        demands=(
            Demand("agency", _("State enterprise")),
            Demand(
                "organisation", _("Name of the state enterprise, if it is not in the list"), required=False
            ),
            Demand("service_start", _("Date of starting work")),
            _POSITION,
        ),
    ),
    PersonnelGroup.PUBLIC: GroupRule(
        hint=_("Everybody else, including students"),
        demands=(
            Demand("occupation", _("Occupation")),
            Demand("position", _("Position"), required=False),
            Demand("organisation", _("Name of the organisation"), required=False),
        ),
    ),
}

GROUP_FIELDS: tuple[str, ...] = tuple(
    dict.fromkeys(field for rule in RULES.values() for field in rule.fields)
)
"""Every field that some group demands."""

MISSING = _("Fill this in.")


def only_what_applies(group: PersonnelGroup, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return `values` with the fields that the group does not have made empty."""
    applicable = RULES[group].fields
    nullable = {"agency", "service_start", "position_type", "position_level"}
    return {
        name: value if name not in GROUP_FIELDS or name in applicable else (None if name in nullable else "")
        for name, value in values.items()
    }


def problems(
    group: PersonnelGroup, values: Mapping[str, Any], *, birth_year: int, today: date
) -> dict[str, Promise]:
    """Return what is wrong with the group's fields, a sentence for each field; empty when all is well.

    `values` holds model values by field name; a field that is absent counts as empty. `birth_year` is CE.
    """
    rule = RULES[group]
    found = {d.field: MISSING for d in rule.demands if d.required and not values.get(d.field)}
    checks = {
        "agency": _agency_problem(group, values.get("agency")),
        "organisation": _organisation_problem(values.get("agency"), values.get("organisation")),
        "service_start": _service_problem(values.get("service_start"), birth_year, today),
        "personnel_kind": _kind_problem(rule, values.get("personnel_kind")),
        "position_level": _level_problem(values.get("position_type"), values.get("position_level")),
    }
    return {name: message for name, message in checks.items() if message and name in rule.fields} | found


def _agency_problem(group: PersonnelGroup, agency: Agency | None) -> Promise | None:
    if agency is None:
        return None
    is_enterprise = agency.code.startswith(STATE_ENTERPRISES)
    if group == PersonnelGroup.STATE_ENTERPRISE and not is_enterprise:
        return _("Choose a state enterprise.")
    if group != PersonnelGroup.STATE_ENTERPRISE and is_enterprise:
        return _("This is a state enterprise. Choose a government agency, or the group of state enterprises.")
    return None


def _organisation_problem(agency: Agency | None, organisation: str | None) -> Promise | None:
    if agency is not None and agency.level == AgencyLevel.MINISTRY and not organisation:
        return _("Write the name, because none was chosen from the list.")
    return None


def _service_problem(start: date | None, birth_year: int, today: date) -> Promise | None:
    if start is None:
        return None
    if start > today:
        return _("The date lies in the future.")
    if start.year < birth_year + MINIMUM_AGE_IN_SERVICE:
        return _("The date is too early for the birth year given.")
    return None


def _kind_problem(rule: GroupRule, kind: str | None) -> Promise | None:
    return (
        _("Choose a kind that belongs to the personnel group.") if kind and kind not in rule.kinds else None
    )


def _level_problem(position_type: Any, level: PositionLevel | None) -> Promise | None:
    if position_type and level and level.position_type_id != position_type.pk:
        return _("This level does not belong to the position type.")
    return None
