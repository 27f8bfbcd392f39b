"""Check the rows of a list of persons, a few hundred at a time, and say what each would do."""

import copy
from dataclasses import dataclass, field
from datetime import date

from django.db.models.functions import Lower
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from learning.people import national_id
from learning.people.groups import only_what_applies, problems
from learning.people.imports import snapshots
from learning.people.imports.resource import HEADINGS, REQUIRED, PersonResource
from learning.people.models import ImportedRow, Person, PersonnelGroup, RowState
from learning.spreadsheets import STRAY, UNCOUNTED, uncounted

# Whoever sets the address of an account in use, or of staff, could reset its password and take it over.
KEEPS_OWN_ADDRESS = gettext_lazy(
    "This person signs in with another address and changes it themselves. Empty the cell."
)
NumberedRow = tuple[int, dict[str, str]]
GROUP_VALUES = (
    "agency",
    "division_name",
    "service_start",
    "personnel_kind",
    "position_type",
    "position_level",
    "level_text",
    "position",
    "occupation",
    "organisation",
)


@dataclass
class Checker:
    """Checks rows for one officer; remembers who was in the file before.

    `scope` holds the keys of the agencies into which the officer may import, None for all.
    """

    scope: set[int] | None
    today: date
    seen_people: dict[str, int] = field(default_factory=dict)
    seen_emails: dict[str, int] = field(default_factory=dict)
    resource: PersonResource = field(default_factory=PersonResource)

    def check(self, rows: list[NumberedRow]) -> list[ImportedRow]:
        """Return an unsaved ImportedRow for each row, with four queries for all of them."""
        indexes = {number: self._index(row) for number, row in rows}
        known = Person.objects.select_related("agency__parent__parent", "position_level__position_type")
        known = known.prefetch_related("role_grants")
        existing = {p.national_id_index: p for p in known.filter(national_id_index__in=indexes.values())}
        emails = {row.get(HEADINGS["email"], "").lower() for _number, row in rows} - {""}
        owners = dict(
            Person.objects.annotate(lower=Lower("email"))
            .filter(lower__in=emails)
            # The index has no empty addresses, and is used only by those who say so too.
            .exclude(email="")
            .order_by()
            .values_list("lower", "national_id_index")
        )
        return [self._check_row(number, row, existing.get(indexes[number]), owners) for number, row in rows]

    @staticmethod
    def _index(row: dict[str, str]) -> str:
        return national_id.blind_index(national_id.clean(row.get(HEADINGS["national_id"], "")))

    def _check_row(
        self, number: int, row: dict[str, str], existing: Person | None, owners: dict[str, str]
    ) -> ImportedRow:
        # A copy, because what is read into it must not count as the person's present state.
        person = copy.copy(existing) if existing else Person()
        faults = self.resource.read(person, row)
        if not existing:
            faults = self._missing(row, faults) | faults
        if row.get(STRAY):
            faults[""] = _("There is text to the right of the last heading: %(text)s.") % {"text": row[STRAY]}
        if row.get(UNCOUNTED):
            faults[""] = uncounted(row[UNCOUNTED])
        index = "" if "national_id" in faults else person.national_id_index
        if index:
            # Whoever is none of the officer's persons is not looked at further.
            faults |= self._scope_faults(person, existing) or self._email_faults(person, existing, owners)
        if not faults:
            faults = self._group_faults(person)
        if index in self.seen_people:
            faults["national_id"] = _("The same person is in row %(row)s already.") % {
                "row": self.seen_people[index]
            }
        elif index:
            self.seen_people[index] = number
        if person.email and not faults:
            self.seen_emails.setdefault(person.email, number)
        return self._outcome(number, row, person, existing, faults)

    @staticmethod
    def _missing(row: dict[str, str], faults: dict[str, str]) -> dict[str, str]:
        empty = [name for name in REQUIRED if not row.get(HEADINGS[name]) and name not in faults]
        return dict.fromkeys(empty, _("The cell is empty."))

    def _scope_faults(self, person: Person, existing: Person | None) -> dict[str, str]:
        if self.scope is None:
            return {}
        if existing and existing.agency_id not in self.scope:
            return {"national_id": _("This person belongs to an agency outside yours. Ask an administrator.")}
        if person.agency_id not in self.scope:
            return {"agency": _("You may import persons into your own agencies only.")}
        return {}

    def _email_faults(
        self, person: Person, existing: Person | None, owners: dict[str, str]
    ) -> dict[str, str]:
        if not person.email:
            return {}
        is_changed = existing is not None and person.email != existing.email.lower()
        if existing and is_changed and (existing.has_usable_password() or existing.role_grants.all()):
            return {"email": str(KEEPS_OWN_ADDRESS)}
        if owners.get(person.email, person.national_id_index) != person.national_id_index:
            return {"email": _("Another person has this e-mail address.")}
        if person.email in self.seen_emails:
            row = self.seen_emails[person.email]
            return {"email": _("The same e-mail address is in row %(row)s already.") % {"row": row}}
        return {}

    def _group_faults(self, person: Person) -> dict[str, str]:
        group = PersonnelGroup(person.group)
        values = only_what_applies(group, {name: getattr(person, name) for name in GROUP_VALUES})
        for name, value in values.items():
            setattr(person, name, value)
        found = problems(group, values, birth_year=person.birth_year, today=self.today)
        shown = {"position_type": "position_level"}
        return {shown.get(name, name): str(message) for name, message in found.items()}

    @staticmethod
    def _outcome(
        number: int, row: dict[str, str], person: Person, existing: Person | None, faults: dict[str, str]
    ) -> ImportedRow:
        if faults:
            errors = [{"column": HEADINGS.get(name, ""), "message": text} for name, text in faults.items()]
            label = " ".join(
                filter(None, (row.get(HEADINGS[name], "") for name in ("first_name", "last_name")))
            )
            state, kept = RowState.FAULTY, dict(row)
        else:
            errors, label = [], person.full_name
            kept = snapshots.take(person)
            if existing:
                before = snapshots.take(existing)
                kept = {name: value for name, value in kept.items() if value != before[name]}
                state = RowState.TO_UPDATE if kept else RowState.UNCHANGED
            else:
                state = RowState.TO_CREATE
                kept["national_id"] = person.national_id
        return ImportedRow(
            number=number,
            state=state,
            label=label[:250],
            errors=errors,
            values_sealed=snapshots.seal(kept),
            national_id_index="" if "national_id" in faults else person.national_id_index,
            person=existing if not faults else None,
        )
