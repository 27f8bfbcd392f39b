"""The columns of a list of persons: how a cell becomes a value, and a value a cell."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import translation
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from import_export import fields, resources, widgets

from learning import thai
from learning.people import national_id
from learning.people.fields import NAME, year_problem
from learning.people.models import (
    Agency,
    EducationLevel,
    Person,
    PersonnelGroup,
    PersonnelKind,
    PositionLevel,
    Sex,
)
from learning.spreadsheets import looks_like_formula

# Headings are Thai in every language of the pages, so that a file can be passed on.
HEADINGS = {
    "national_id": "เลขประจำตัวประชาชน",
    "title": "คำนำหน้า",
    "first_name": "ชื่อ",
    "last_name": "นามสกุล",
    "birth_year": "ปีเกิด (พ.ศ.)",
    "sex": "เพศ",
    "education_level": "ระดับการศึกษา",
    "email": "อีเมล",
    "group": "กลุ่มบุคลากร",
    "agency": "หน่วยงาน",
    "division_name": "กอง/สำนัก",
    "service_start": "วันที่เข้ารับราชการ",
    "personnel_kind": "ประเภทบุคลากร",
    "position_level": "ระดับตำแหน่ง",
    "position": "ตำแหน่ง",
    "level_text": "ระดับ (อื่น)",
    "occupation": "อาชีพ",
    "organisation": "ชื่อหน่วยงาน (นอกรายการ)",
}
REQUIRED = (
    "national_id",
    "title",
    "first_name",
    "last_name",
    "birth_year",
    "sex",
    "education_level",
    "group",
)
# What offices write into a cell that has nothing to say.
BLANKS = {"", "-", "–", "ไม่มี"}


class Lookups:
    """Agencies and levels by what may be written in a cell; read once for a whole file."""

    @cached_property
    def agencies(self) -> dict[str, Agency | None]:
        """Agencies by code and by name; None under a name that several have."""
        found: dict[str, Agency | None] = {}
        agencies = list(Agency.objects.select_related("parent__parent"))
        for agency in agencies:
            found[agency.name_th] = None if agency.name_th in found else agency
        return found | {agency.code: agency for agency in agencies}

    @cached_property
    def levels(self) -> dict[str, PositionLevel | None]:
        """Position levels by code, by name, and by type and name."""
        found: dict[str, PositionLevel | None] = {}
        levels = list(PositionLevel.objects.select_related("position_type"))
        for level in levels:
            found[level.name_th] = None if level.name_th in found else level
            found[level.position_type.name_th + level.name_th] = level
        return found | {level.code: level for level in levels}


class Cell(widgets.Widget):
    """Reads a cell with one function and writes it with another.

    `parse` raises ValueError with a sentence for the officer.
    """

    def __init__(self, parse: Callable[[str], Any], show: Callable[[Any], str] = str) -> None:
        self.parse = parse
        self.show = show

    def clean(self, value: str, *_args: Any, **_kwargs: Any) -> Any:
        """Return the value of a cell."""
        return self.parse(value)

    def render(self, value: Any, *_args: Any, **_kwargs: Any) -> str:
        """Return the cell of a value."""
        return self.show(value) if value else ""


def _text(limit: int, pattern: re.Pattern[str] | None = None) -> Cell:
    """Return the cell of Thai text in its standard spelling."""

    def parse(value: str) -> str:
        text = thai.tidy(value)
        if len(text) > limit:
            raise ValueError(_("The text is longer than %(limit)s characters.") % {"limit": limit})
        if pattern and not pattern.fullmatch(text):
            raise ValueError(_("Use letters only, without digits or signs."))
        return text

    return Cell(parse)


@cache
def _spellings(choices: Any) -> dict[str, str]:
    """Return the values of an enumeration by code and by label, Thai and English."""
    found = {choice.value: choice.value for choice in choices}
    for language in ("th", "en"):
        with translation.override(language):
            found |= {str(choice.label).casefold(): choice.value for choice in choices}
    return found


def _choice(choices: Any) -> Cell:
    """Return the cell of one of a few values; files are written in Thai, whatever the page's language."""

    def parse(value: str) -> str:
        found = _spellings(choices).get(thai.tidy(value).casefold())
        if found is None:
            allowed = ", ".join(str(choice.label) for choice in choices)
            text = _("“%(value)s” is not one of: %(allowed)s.")
            raise ValueError(text % {"value": value, "allowed": allowed})
        return found

    def show(value: Any) -> str:
        with translation.override("th"):
            return str(choices(value).label)

    return Cell(parse, show)


def _parse_national_id(value: str) -> str:
    number = national_id.clean(value)
    if not re.fullmatch(r"[0-9]{13}", number):
        raise ValueError(_("The national ID has 13 digits."))
    if not national_id.is_valid(number):
        raise ValueError(_("The check digit is wrong. Compare each digit with the card."))
    return number


def _parse_birth_year(value: str) -> int:
    try:
        year = thai.parse_year(value)
    except ValueError:
        raise ValueError(_("Write the year of birth in four digits, for example 2535.")) from None
    if problem := year_problem(year):
        raise ValueError(problem)
    return year


def _parse_date(value: str) -> date:
    try:
        return thai.parse_date(value)
    except ValueError:
        raise ValueError(_("Write the date like 1/10/2569.")) from None


def _parse_email(value: str) -> str:
    try:
        validate_email(value)
    except ValidationError:
        raise ValueError(_("This is not an e-mail address. It looks like name@example.go.th.")) from None
    return value.lower()


def _no_formula(value: str) -> str:
    if looks_like_formula(value):
        raise ValueError(_("A cell must not begin with = + - or @. Write the value itself."))
    return value


def _column(name: str, widget: Cell) -> fields.Field:
    return fields.Field(attribute=name, column_name=HEADINGS[name], widget=widget)


class PersonResource(resources.Resource):
    """Reads persons from rows and writes them to rows."""

    national_id = _column("national_id", Cell(_parse_national_id))
    title = _column("title", _text(60, NAME))
    first_name = _column("first_name", _text(120, NAME))
    last_name = _column("last_name", _text(120, NAME))
    birth_year = _column("birth_year", Cell(_parse_birth_year, lambda year: str(year + thai.BUDDHIST_ERA)))
    sex = _column("sex", _choice(Sex))
    education_level = _column("education_level", _choice(EducationLevel))
    email = _column("email", Cell(_parse_email))
    group = _column("group", _choice(PersonnelGroup))
    agency = _column("agency", Cell(str, lambda agency: str(agency.code)))
    division_name = _column("division_name", _text(200))
    service_start = _column("service_start", Cell(_parse_date, thai.typed_date))
    personnel_kind = _column("personnel_kind", _choice(PersonnelKind))
    position_level = _column("position_level", Cell(str, lambda level: str(level.code)))
    position = _column("position", _text(200))
    level_text = _column("level_text", _text(200))
    occupation = _column("occupation", _text(200))
    organisation = _column("organisation", _text(200))

    def __init__(self, *, show_national_id: bool = False) -> None:
        super().__init__()
        self.show_national_id = show_national_id
        self.lookups = Lookups()
        # The fields are this instance's own copies.
        self.fields["agency"].widget.parse = self._parse_agency
        self.fields["position_level"].widget.parse = self._parse_level

    def _parse_agency(self, value: str) -> Agency:
        found = self.lookups.agencies
        key = value if value in found else thai.tidy(value)
        if key in found and found[key] is None:
            raise ValueError(_("Several agencies are called “%(value)s”. Write the code.") % {"value": value})
        # A spreadsheet drops the zero at the start of a code kept as a number.
        agency = found.get(key) or found.get(f"0{key}")
        if agency is None:
            raise ValueError(_("No agency has the code or name “%(value)s”.") % {"value": value})
        return agency

    def _parse_level(self, value: str) -> PositionLevel:
        found = self.lookups.levels
        level = found.get(value.upper()) or found.get(thai.tidy(value))
        if level is None:
            raise ValueError(
                _("“%(value)s” is not a level. Write its code, for example K2.") % {"value": value}
            )
        return level

    def dehydrate_national_id(self, person: Person) -> str:
        """Write the number masked unless the whole was asked for."""
        return person.national_id if self.show_national_id else person.masked_national_id

    def read(self, person: Person, row: Mapping[str, str]) -> dict[str, str]:
        """Set a person's values from a row and return the sentences about cells that are wrong, by field.

        A blank cell leaves the person's value as it is. The fields are gone through here, because
        `import_instance` takes three times as long, which is minutes of a list of everybody.
        """
        faults = {}
        for name, heading, parse in self._parsers:
            value = row.get(heading, "")
            if value in BLANKS:
                continue
            try:
                setattr(person, name, parse(_no_formula(value)))
            except ValueError as error:
                faults[name] = str(error)
        if person.position_level_id:
            person.position_type = person.position_level.position_type  # type: ignore[union-attr]
        return faults

    @cached_property
    def _parsers(self) -> list[tuple[str, str, Callable[[str], Any]]]:
        return [(each.attribute, each.column_name, each.widget.parse) for each in self.get_import_fields()]

    def lines(self, persons: Iterable[Person]) -> Iterable[list[str]]:
        """Return the rows of an export."""
        return (self.export_resource(person) for person in persons)
