"""Print certificates: one file for one, or one file for a run of them."""

from django.db import transaction

from certificates import typeset
from certificates.errors import NothingSelected, NotValid, RunTooLong
from certificates.models import Certificate, CertificateQuerySet
from learning.people import audit
from learning.people.models import Person

# Pages in one file; a larger run is made in parts.
RUN_LIMIT = 200


@transaction.atomic
def print_run(certificates: CertificateQuerySet, *, by: Person, thai_numerals: bool = True) -> bytes:
    """Return one PDF with a page for each certificate, in the order of the registers.

    Raises NothingSelected, RunTooLong, NotValid where one of them was revoked or superseded, or
    CannotBeSet.
    """
    # One more than may be, so that a search that finds a million is not read to say it is too long.
    run = list(certificates.order_by("kind", "year", "number")[: RUN_LIMIT + 1])
    if not run:
        raise NothingSelected
    if len(run) > RUN_LIMIT:
        raise RunTooLong(certificates.count(), RUN_LIMIT)
    if not all(certificate.is_valid for certificate in run):
        raise NotValid
    audit.record(by, "certificates.run_printed", certificates=[certificate.pk for certificate in run])
    return typeset.render_pdf(run, thai_numerals=thai_numerals)


@transaction.atomic
def print_one(certificate: Certificate, *, by: Person) -> bytes:
    """Return the PDF of one certificate. Raises NotValid or CannotBeSet."""
    if not certificate.is_valid:
        raise NotValid
    if certificate.person_id != by.pk:
        audit.record(by, "certificates.certificate_printed", certificate)
    return typeset.render_pdf([certificate])
