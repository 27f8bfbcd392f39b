"""Who follows a personal link: sign in, or prove who you are once and set a password.

The reasons are in docs/decisions/0005-personal-links.md.
"""

from datetime import datetime

from django.core.cache import cache
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from exams.knowledge.errors import HasPassword, TooManyTries
from exams.knowledge.models import Invitation
from learning import letters
from learning.people import audit, national_id
from learning.people.models import Person

# One sentence for both answers: it must not tell a stranger which of the two was right.
REFUSED = _("The national ID or the birth year is not that of the person this link was made for.")
MAX_TRIES = 5
TRY_WINDOW_SECONDS = 15 * 60


def needs_password(person: Person) -> bool:
    """Say whether a link may give the person their first password, as after an import.

    Not to staff, whom an administrator sends a link by e-mail: an agency's officers have the links of
    their list, and the number and birth year of whom they imported. And not where the account is closed.
    """
    return person.is_active and not person.has_usable_password() and not person.grants


def _count_try(invitation: Invitation) -> None:
    key = f"knowledge:link-tries:{invitation.pk}"
    cache.add(key, 0, TRY_WINDOW_SECONDS)
    if cache.incr(key) > MAX_TRIES:
        raise TooManyTries


def proves_identity(invitation: Invitation, number: str, birth_year: int) -> bool:
    """Say whether national ID and birth year (common era) are those of the invited person.

    Every call counts as a try. Raises TooManyTries.
    """
    _count_try(invitation)
    person = invitation.person
    is_same = (
        national_id.blind_index(national_id.clean(number)) == person.national_id_index
        and birth_year == person.birth_year
    )
    if not is_same:
        audit.record(None, "knowledge.link_identity_refused", invitation)
    return is_same


@transaction.atomic
def set_first_password(invitation: Invitation, password: str, *, now: datetime) -> Person:
    """Give the invited person their first password and tell them so by e-mail.

    A link never replaces a password. Raises HasPassword. Returns the person as saved.
    """
    person = Person.objects.select_for_update(no_key=True).get(pk=invitation.person_id)
    if not needs_password(person):
        raise HasPassword
    person.set_password(password)
    person.save(update_fields=["password"])
    audit.record(person, "knowledge.account_activated", invitation)
    if person.email:
        letter = letters.compose(
            "knowledge/letters/activated.txt", {"person": person, "now": now}, person.email
        )
        transaction.on_commit(letter.send)
    return person
