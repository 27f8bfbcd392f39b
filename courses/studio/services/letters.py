"""Letters about a version: written beside the step they tell of, sent by background work."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse

from courses.catalogue.models import CourseVersion
from courses.studio.models import Letter, LetterKind
from learning import letters
from learning.people.models import Person


def write(version: CourseVersion, kind: LetterKind, persons: Iterable[Person], *, note: str = "") -> None:
    """Write a letter to each person who has an address, in the transaction of the step."""
    unique = {person.pk: person for person in persons if person.email and person.is_active}
    Letter.objects.bulk_create(
        Letter(version=version, person=person, kind=kind, note=note) for person in unique.values()
    )


def send_waiting(*, now: datetime) -> int:
    """Send what waits; return how many went out."""
    return letters.send_waiting(Letter.objects.select_related("person", "version__course"), _message, now=now)


def _message(letter: Letter) -> EmailMessage:
    address = reverse("studio:version", args=[letter.version.course.code, letter.version.number])
    context = {"letter": letter, "version": letter.version, "link": f"{settings.PUBLIC_ORIGIN}{address}"}
    return letters.compose(f"studio/letters/{letter.kind}.txt", context, letter.person.email)
