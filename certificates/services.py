"""Issue, revoke and replace certificates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec
from django.db import IntegrityError, transaction
from django.utils import timezone

from certificates import codes, kinds
from certificates.errors import NotValid, ReasonMissing
from certificates.kinds import Facts, Holder, Signer
from certificates.models import Certificate, CertificateStatus, Register, Signatory
from certificates.statements import tell_earned, tell_revoked
from learning import thai
from learning.people import audit
from learning.people.models import Person


def issue(
    kind: str,
    person: Person,
    facts: dict[str, Any],
    *,
    subject: str,
    issued_by: Person | None = None,
    now: datetime,
) -> Certificate:
    """Issue a certificate, or return the one already issued for `subject`.

    `subject` is the caller's idempotency key, for example "knowledge-attempt:123"; after a correction
    it leads to the certificate that stands now. `facts` are those of the kind's award in
    certificates/kinds.py. Holds the register's row until the caller's transaction ends, which is what
    keeps numbers gapless, so call it late. Raises UnknownKind or FactsInvalid.
    """
    definition = kinds.get(kind)
    award = definition.award_facts(facts)
    found = current(subject)
    if found is not None:
        return found
    day = timezone.localdate(now)
    frozen = Facts(
        holder=_holder(person, person.title, person.first_name, person.last_name),
        signer=_signer(day),
        issuer=definition.issuer,
        issuer_en=definition.issuer_en,
        award=award,
    )
    certificate = Certificate(
        kind=kind, template_version=definition.template_version, person=person, subject=subject
    )
    try:
        with transaction.atomic():
            register = _lock_register(kind, day)
            # Again, under the lock: whoever held it may have issued for the same subject.
            found = current(subject)
            if found is None:
                _enter(certificate, register, frozen, issued_by=issued_by, now=now)
                tell_earned([certificate])
    except IntegrityError:
        # The same subject, entered meanwhile under another lock: a call on the other side of New Year.
        found = current(subject)
        if found is None:
            raise
    return found or certificate


@dataclass(frozen=True)
class Due:
    """A certificate to issue, as `issue` takes it."""

    person: Person
    facts: dict[str, Any]
    subject: str


@transaction.atomic
def issue_many(
    kind: str, dues: Sequence[Due], *, issued_by: Person | None = None, now: datetime
) -> list[Certificate]:
    """Issue many certificates of a kind in a few statements; return them in the order asked for.

    As with `issue`, a subject that has one keeps it. The caller sees to it that nobody else issues for the
    same subjects meanwhile, for example by holding their rows.
    """
    definition = kinds.get(kind)
    day = timezone.localdate(now)
    signer = _signer(day)
    register = _lock_register(kind, day)
    subjects = [due.subject for due in dues]
    there = {found.subject: found for found in Certificate.objects.filter(subject__in=subjects)}
    new: list[tuple[Certificate, Facts]] = []
    for due in dues:
        if due.subject in there:
            continue
        register.last_number += 1
        person = due.person
        frozen = Facts(
            holder=_holder(person, person.title, person.first_name, person.last_name),
            signer=signer,
            issuer=definition.issuer,
            issuer_en=definition.issuer_en,
            award=definition.award_facts(due.facts),
        )
        certificate = Certificate(
            kind=kind, template_version=definition.template_version, person=person, subject=due.subject
        )
        _write(certificate, register, frozen, issued_by=issued_by, now=now)
        new.append((certificate, frozen))
    register.save(update_fields=["last_number"])
    Certificate.objects.bulk_create(certificate for certificate, _facts in new)
    audit.record_many(
        issued_by,
        "certificates.certificate_issued",
        [(certificate, _audited(certificate, facts)) for certificate, facts in new],
    )
    tell_earned(certificate for certificate, _facts in new)
    there |= {certificate.subject: certificate for certificate, _facts in new}
    return [_standing(there[subject]) for subject in subjects]


def _standing(certificate: Certificate) -> Certificate:
    is_replaced = certificate.status == CertificateStatus.SUPERSEDED
    return (current(certificate.subject) or certificate) if is_replaced else certificate


def current(subject: str) -> Certificate | None:
    """Return the certificate of a subject, after any corrections; None before one is issued."""
    found = Certificate.objects.filter(subject=subject).first()
    while found is not None and found.status == CertificateStatus.SUPERSEDED:
        found = Certificate.objects.get(supersedes=found)
    return found


def revoke(certificate: Certificate, reason: str, by: Person, now: datetime) -> None:
    """End a certificate's validity for good. Raises ReasonMissing or NotValid."""
    with transaction.atomic():
        _end(certificate, CertificateStatus.REVOKED, reason, now)
        audit.record(by, "certificates.certificate_revoked", certificate, reason=certificate.end_reason)
        tell_revoked(certificate, now=now)


def supersede(
    certificate: Certificate,
    *,
    title: str,
    first_name: str,
    last_name: str,
    reason: str,
    by: Person,
    now: datetime,
) -> Certificate:
    """Replace a certificate by one with a corrected name, a new code and a new register number.

    Everything else is carried over as it was frozen, except who signs. The old code keeps answering
    that it was superseded. Raises ReasonMissing or NotValid.
    """
    definition = kinds.get(certificate.kind)
    day = timezone.localdate(now)
    frozen = msgspec.structs.replace(
        kinds.read_facts(certificate.facts),
        holder=_holder(certificate.person, title, first_name, last_name),
        signer=_signer(day),
    )
    successor = Certificate(
        kind=certificate.kind,
        template_version=definition.template_version,
        person=certificate.person,
        subject=f"certificate:{certificate.pk}",
        supersedes=certificate,
    )
    with transaction.atomic():
        _end(certificate, CertificateStatus.SUPERSEDED, reason, now)
        _enter(successor, _lock_register(certificate.kind, day), frozen, issued_by=by, now=now)
        audit.record(
            by,
            "certificates.certificate_superseded",
            certificate,
            reason=certificate.end_reason,
            successor=successor.pk,
        )
    return successor


def add_signatory(
    *, name: str, position: str, position_en: str, effective_from: date, by: Person | None
) -> Signatory:
    """Say who signs the certificates issued from a day on. Certificates already issued keep theirs.

    `by` is None where the demonstration enters one.
    """
    with transaction.atomic():
        signatory = Signatory.objects.create(
            name=thai.tidy(name),
            position=thai.tidy(position),
            position_en=position_en.strip(),
            effective_from=effective_from,
            created_by=by,
        )
        audit.record(by, "certificates.signatory_added", signatory, effective_from=effective_from.isoformat())
    return signatory


def _holder(person: Person, title: str, first_name: str, last_name: str) -> Holder:
    holder = Holder(
        title=thai.tidy(title),
        first_name=thai.tidy(first_name),
        last_name=thai.tidy(last_name),
        masked_national_id=person.masked_national_id,
    )
    if (holder.title, holder.first_name, holder.last_name) == (title, first_name, last_name):
        return holder
    return msgspec.structs.replace(holder, name_as_typed=f"{title}{first_name} {last_name}")


def _signer(day: date) -> Signer:
    signatory = Signatory.objects.on(day)
    if signatory is None:
        return Signer()
    return Signer(signatory.name, signatory.position, signatory.position_en)


def _lock_register(kind: str, day: date) -> Register:
    """Return the register of the day's year, its row locked until the transaction ends."""
    year = thai.buddhist_year(day.year)
    Register.objects.get_or_create(kind=kind, year=year)
    return Register.objects.select_for_update(no_key=True).get(kind=kind, year=year)


def _enter(
    certificate: Certificate, register: Register, facts: Facts, *, issued_by: Person | None, now: datetime
) -> None:
    """Write a certificate into the locked register, under the next number and a fresh code."""
    register.last_number += 1
    register.save(update_fields=["last_number"])
    _write(certificate, register, facts, issued_by=issued_by, now=now)
    certificate.save()
    audit.record(issued_by, "certificates.certificate_issued", certificate, **_audited(certificate, facts))


def _write(
    certificate: Certificate, register: Register, facts: Facts, *, issued_by: Person | None, now: datetime
) -> None:
    """Give a certificate the register's last number, a fresh code, and what it certifies."""
    certificate.number = register.last_number
    certificate.year = register.year
    certificate.code = codes.new()
    certificate.facts = msgspec.to_builtins(facts)
    certificate.holder_name = facts.holder.full_name
    certificate.issued_at = now
    certificate.issued_by = issued_by


def _audited(certificate: Certificate, facts: Facts) -> dict[str, Any]:
    return {
        "kind": certificate.kind,
        "number": certificate.register_number,
        "name_tidied": bool(facts.holder.name_as_typed),
    }


def _end(certificate: Certificate, status: CertificateStatus, reason: str, now: datetime) -> None:
    reason = thai.tidy(reason)
    if not reason:
        raise ReasonMissing
    ended = {"status": status, "ended_at": now, "end_reason": reason}
    # Conditional, so that of two officers one ends it and the other is told.
    if not Certificate.objects.standing().filter(pk=certificate.pk).update(**ended):
        raise NotValid
    for field, value in ended.items():
        setattr(certificate, field, value)
