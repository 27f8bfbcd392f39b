"""Our blocks on the portal's pages."""

from django.http import HttpRequest

from learning.people.models import Agency, Consent, Person
from learning.people.registration import PRIVACY_NOTICE_VERSION


def always(request: HttpRequest) -> dict[str, object]:  # noqa: ARG001
    """Show the panel to whoever holds its permission."""
    return {}


def profile(request: HttpRequest) -> dict[str, object]:
    """Show who is signed in, and whether they still have to accept the privacy notice."""
    consents = Consent.objects.filter(person=request.user.pk, notice_version=PRIVACY_NOTICE_VERSION)
    return {"person": request.user, "must_consent": not consents.exists()}


def agency(request: HttpRequest, agency: Agency) -> dict[str, object]:  # noqa: ARG001
    """Count the persons of an agency and below."""
    persons = Person.objects.filter(agency__in=Agency.objects.within(agency))
    return {"agency": agency, "person_count": persons.count()}
