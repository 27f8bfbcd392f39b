"""Certificates as statements for the record store: told in the transaction that issues or revokes them.

A certificate that is replaced, since a name was wrong, goes on under the id of the first one: nothing was
earned anew. The code under which strangers check it never stands in a record.
"""

from collections.abc import Iterable
from datetime import datetime

from certificates import kinds
from certificates.models import Certificate
from learning.records.services import outbox
from learning.records.services.outbox import Event, Thing
from learning.records.vocabulary import EARNED, LOST, Type


def tell_earned(certificates: Iterable[Certificate]) -> None:
    """Tell that these were issued."""
    outbox.record(
        *(
            Event(
                name=f"certificates.earned:{each.pk}",
                person=each.person,
                verb=EARNED,
                thing=_thing(each),
                at=each.issued_at,
            )
            for each in certificates
        )
    )


def tell_revoked(certificate: Certificate, *, now: datetime) -> None:
    """Tell that one was revoked."""
    first = certificate
    while first.supersedes is not None:
        first = first.supersedes
    outbox.record(
        Event(
            name=f"certificates.revoked:{certificate.pk}",
            person=certificate.person,
            verb=LOST,
            thing=_thing(first),
            at=now,
        )
    )


def _thing(certificate: Certificate) -> Thing:
    award = certificate.facts["award"]
    title = kinds.get(certificate.kind).title
    key = f"{certificate.kind}/{certificate.year}/{certificate.number}"
    return Thing("certificate", key, Type.CERTIFICATE, f"{title} {award['test_name']}", award["test_name_en"])
