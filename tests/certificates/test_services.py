import datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from certificates import demo, kinds, services
from certificates.errors import FactsInvalid, NotValid, ReasonMissing, UnknownKind
from certificates.models import Certificate, CertificateStatus, Register, Signatory
from learning.people.models import AuditEntry
from tests.certificates.conftest import FACTS, NOW, issue_certificate
from tests.conftest import make_person


def actions():
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


def test_a_certificate_gets_the_first_number_of_its_buddhist_year(certificate):
    assert certificate.register_number == "1/2569"


def test_numbers_follow_one_another(learner, outsider):
    numbers = [issue_certificate(who, f"s:{i}").number for i, who in enumerate((learner, outsider, learner))]
    assert numbers == [1, 2, 3]


def test_the_year_turns_at_midnight_in_bangkok(learner):
    last_second = datetime.datetime(2026, 12, 31, 16, 59, 59, tzinfo=datetime.UTC)
    old = issue_certificate(learner, "s:1", now=last_second)
    new = issue_certificate(learner, "s:2", now=last_second + datetime.timedelta(seconds=1))
    assert (old.register_number, new.register_number) == ("1/2569", "1/2570")


def test_asking_twice_for_one_subject_gives_the_same_certificate(certificate, learner):
    assert issue_certificate(learner) == certificate
    assert Certificate.objects.count() == 1
    assert Register.objects.get().last_number == 1


def test_a_transaction_rolled_back_leaves_no_gap(learner):
    with transaction.atomic():
        issue_certificate(learner, "s:1")
        transaction.set_rollback(True)
    assert issue_certificate(learner, "s:2").number == 1


def test_the_facts_are_those_of_the_day_of_issue(certificate, learner):
    learner.last_name = "มีสุข"
    learner.save()
    facts = kinds.read_facts(Certificate.objects.get().facts)
    assert facts.holder.full_name == "นางสาวสมหญิง ใจดี"
    assert facts.award == {
        "test_name": FACTS["test_name"],
        "test_name_en": FACTS["test_name_en"],
        "round_name": FACTS["round_name"],
        "agency_name": FACTS["agency_name"],
        "test_date": "2026-11-20",
        "score": "41",
        "max_score": "50",
        "pass_mark": "30",
    }


def test_the_national_id_is_kept_masked_only(certificate, learner):
    assert certificate.facts["holder"]["masked_national_id"] == learner.masked_national_id
    assert learner.national_id not in str(certificate.facts)


def test_a_name_with_marks_out_of_order_is_put_right_and_flagged(db):
    person = make_person(title="นาง", first_name="ก่ิงแก้ว", last_name="น้ําใส")
    holder = kinds.read_facts(issue_certificate(person).facts).holder
    assert holder.full_name == "นางกิ่งแก้ว น้ำใส"
    assert holder.name_as_typed == "นางก่ิงแก้ว น้ําใส"
    assert AuditEntry.objects.get(action="certificates.certificate_issued").data["name_tidied"] is True


def test_a_name_in_order_is_not_flagged(certificate):
    assert certificate.facts["holder"]["name_as_typed"] == ""


def test_the_signatory_of_the_day_is_frozen(learner, administrator):
    for day, name in ((1, "นายหนึ่ง ต้น"), (22, "นายสอง ปลาย")):
        services.add_signatory(
            name=name,
            position="เลขาธิการ ก.พ.",
            position_en="Secretary-General",
            effective_from=datetime.date(2026, 11, day),
            by=administrator,
        )
    assert kinds.read_facts(issue_certificate(learner).facts).signer == kinds.Signer(
        "นายหนึ่ง ต้น", "เลขาธิการ ก.พ.", "Secretary-General"
    )


def test_the_demonstration_enters_one_signatory_however_often_it_is_loaded(db):
    demo.load()
    demo.load()
    assert Signatory.objects.get().created_by is None


def test_without_a_signatory_the_sheet_is_left_for_a_pen(certificate):
    assert kinds.read_facts(certificate.facts).signer == kinds.Signer()


def test_the_issue_is_audited_with_its_actor(learner, certificate_officer):
    certificate = issue_certificate(learner, issued_by=certificate_officer)
    entry = AuditEntry.objects.get()
    assert entry.action == "certificates.certificate_issued"
    assert entry.actor == certificate_officer
    assert entry.target == f"certificates.certificate:{certificate.pk}"
    assert entry.data == {"kind": "knowledge-test-pass", "number": "1/2569", "name_tidied": False}


def test_an_unknown_kind_is_refused(learner):
    with pytest.raises(UnknownKind):
        services.issue("diploma", learner, {}, subject="s", now=NOW)


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("test_name", ""),
        ("test_name", None),
        ("test_name", "ก" * 201),
        ("test_date", "20 พ.ย. 2569"),
        ("score", "-1"),
        ("score", "สี่สิบ"),
        ("score", Decimal("NaN")),
        ("rank", 1),
    ],
)
def test_a_wrong_or_unknown_fact_is_refused_and_named(learner, fact, value):
    with pytest.raises(FactsInvalid) as refused:
        issue_certificate(learner, **{fact: value})
    assert fact in refused.value.detail
    assert not Certificate.objects.exists()


@pytest.mark.parametrize("fact", ["test_name", "round_name", "test_date", "score", "max_score", "pass_mark"])
def test_a_missing_fact_is_refused_and_named(learner, fact):
    facts = {name: value for name, value in FACTS.items() if name != fact}
    with pytest.raises(FactsInvalid) as refused:
        services.issue(kinds.KNOWLEDGE_TEST_PASS, learner, facts, subject="s", now=NOW)
    assert fact in refused.value.detail


def test_revoking_needs_a_reason(certificate, certificate_officer):
    with pytest.raises(ReasonMissing):
        services.revoke(certificate, " \u200b ", certificate_officer, NOW)
    certificate.refresh_from_db()
    assert certificate.is_valid


def test_revoking_keeps_the_reason_and_is_audited(certificate, certificate_officer):
    services.revoke(certificate, "ทุจริตการสอบ", certificate_officer, NOW)
    certificate.refresh_from_db()
    assert (certificate.status, certificate.end_reason, certificate.ended_at) == (
        CertificateStatus.REVOKED,
        "ทุจริตการสอบ",
        NOW,
    )
    assert actions()[-1] == "certificates.certificate_revoked"


def test_what_is_revoked_cannot_be_revoked_or_replaced(certificate, certificate_officer):
    services.revoke(certificate, "ทุจริตการสอบ", certificate_officer, NOW)
    with pytest.raises(NotValid):
        services.revoke(certificate, "อีกครั้ง", certificate_officer, NOW)
    with pytest.raises(NotValid):
        replace(certificate, certificate_officer)
    assert Certificate.objects.count() == 1


def test_the_subject_of_a_revoked_certificate_gets_no_second_one(certificate, certificate_officer, learner):
    services.revoke(certificate, "ทุจริตการสอบ", certificate_officer, NOW)
    assert issue_certificate(learner) == certificate


def replace(certificate, by, **name):
    name = {"title": "นางสาว", "first_name": "สมหญิง", "last_name": "ใจงาม"} | name
    return services.supersede(certificate, **name, reason="แก้ไขนามสกุล", by=by, now=NOW)


def test_a_corrected_name_gets_a_new_code_and_number(certificate, certificate_officer):
    successor = replace(certificate, certificate_officer)
    assert successor.code != certificate.code
    assert successor.register_number == "2/2569"
    assert successor.holder_name == "นางสาวสมหญิง ใจงาม"
    assert successor.facts["award"] == certificate.facts["award"]
    certificate.refresh_from_db()
    assert certificate.status == CertificateStatus.SUPERSEDED
    assert certificate.superseded_by == successor
    assert actions()[-2:] == ["certificates.certificate_issued", "certificates.certificate_superseded"]


def test_the_subject_leads_to_the_latest_correction(certificate, certificate_officer, learner):
    second = replace(certificate, certificate_officer)
    third = replace(second, certificate_officer, last_name="ใจใส")
    assert issue_certificate(learner) == third


def test_a_register_number_cannot_be_used_twice(certificate, learner):
    twin = Certificate(
        kind=certificate.kind,
        template_version=1,
        person=learner,
        code="Z" * 16,
        number=certificate.number,
        year=certificate.year,
        facts={},
        subject="twin",
    )
    with pytest.raises(IntegrityError, match="certificate"), transaction.atomic():
        twin.save()


def test_only_what_has_ended_has_an_end(certificate):
    with pytest.raises(IntegrityError), transaction.atomic():
        Certificate.objects.update(status=CertificateStatus.REVOKED)
