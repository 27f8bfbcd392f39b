"""Who may be listed by whom, and finding people in the list."""

import re

from django.db.models import Q, QuerySet

from learning.people import national_id
from learning.people.access import officer_agencies
from learning.people.models import Person, Role


def persons_visible_to(actor: Person) -> QuerySet[Person]:
    """Return the persons the actor may list: an administrator all, an officer those of their agencies."""
    persons = Person.objects.select_related("agency__parent__parent")
    if actor.has_role(Role.ADMINISTRATOR):
        return persons
    return persons.filter(agency__in=officer_agencies(actor))


_PUBLIC_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def is_number(text: str) -> bool:
    """Say whether what was typed is a national ID, right or mistyped, which must not stand in an address."""
    return re.fullmatch(r"[0-9]{13}", national_id.clean(text)) is not None


def search(persons: QuerySet[Person], text: str) -> QuerySet[Person]:
    """Keep those whose national ID or public ID is `text`, or in whose names and e-mail its words occur.

    The national ID is found through its blind index, so the whole number is needed.
    """
    if is_number(text):
        return persons.filter(national_id_index=national_id.blind_index(national_id.clean(text)))
    if _PUBLIC_ID.fullmatch(text):
        return persons.filter(public_id=text)
    for word in text.split():
        persons = persons.filter(
            Q(first_name__icontains=word) | Q(last_name__icontains=word) | Q(email__icontains=word)
        )
    return persons
