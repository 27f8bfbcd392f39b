"""The cast of the demonstration: one account for every role. Never loaded in production."""

from dataclasses import dataclass
from datetime import date

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import transaction

from learning.people import national_id
from learning.people.models import (
    Agency,
    Consent,
    EducationLevel,
    Person,
    PersonnelGroup,
    PositionLevel,
    Role,
    RoleGrant,
    Sex,
)
from learning.people.reference_data import load_reference_data
from learning.people.registration import PRIVACY_NOTICE_VERSION

PASSWORD = "demo-2569-ok"  # noqa: S105  printed by `make demo`; these accounts exist nowhere else
OCSC = "0102"


@dataclass(frozen=True)
class Account:
    """One demonstration account; `key` names it, `role` is None for a plain learner."""

    key: str
    title: str
    first_name: str
    last_name: str
    sex: Sex
    position: str
    role: Role | None = None
    group: PersonnelGroup = PersonnelGroup.CIVIL_SERVANT

    @property
    def email(self) -> str:
        """The address to sign in with."""
        return f"{self.key.replace('_', '.')}@demo.example"

    @property
    def national_id(self) -> str:
        """A synthetic number, which also signs in."""
        first_twelve = f"19999{ACCOUNTS.index(self) + 1:07d}"
        return first_twelve + national_id.check_digit(first_twelve)


_W, _M = Sex.FEMALE, Sex.MALE
ACCOUNTS = (
    Account("learner", "นางสาว", "มะลิ", "ใฝ่เรียน", _W, "นักทรัพยากรบุคคล"),
    Account("agency_officer", "นาย", "ประสาน", "งานดี", _M, "นักทรัพยากรบุคคล", Role.AGENCY_OFFICER),
    Account("reviewer", "นาง", "ตรวจทาน", "ละเอียด", _W, "นิติกร", Role.REVIEWER),
    Account("invigilator", "นาย", "คุมสอบ", "ตั้งใจ", _M, "เจ้าพนักงานธุรการ", Role.INVIGILATOR),
    Account("exam_officer", "นางสาว", "จัดสอบ", "เรียบร้อย", _W, "นักทรัพยากรบุคคล", Role.EXAM_OFFICER),
    Account("certificate_officer", "นาย", "รับรอง", "ถูกต้อง", _M, "นักจัดการงานทั่วไป", Role.CERTIFICATE_OFFICER),
    Account("auditor", "นาง", "สอบทาน", "โปร่งใส", _W, "นักวิชาการตรวจสอบภายใน", Role.AUDITOR),
    Account("administrator", "นาย", "ดูแล", "ระบบดี", _M, "นักวิชาการคอมพิวเตอร์", Role.ADMINISTRATOR),
    Account("candidate", "นางสาว", "พร้อม", "ขยันสอบ", _W, "นักศึกษา", group=PersonnelGroup.PUBLIC),
)


@transaction.atomic
def load() -> dict[str, Person]:
    """Create the accounts that are not there yet, with reference data, and return all by key.

    What somebody changed in a demonstration account stays, the password included.
    """
    if not Agency.objects.filter(code=OCSC).exists():
        load_reference_data()
    agency = Agency.objects.get(code=OCSC)
    level = PositionLevel.objects.select_related("position_type").get(code="K2")
    existing = Person.objects.in_bulk(
        [national_id.blind_index(account.national_id) for account in ACCOUNTS], field_name="national_id_index"
    )
    # One slow hash for all of them; the password is public anyway.
    hashed = make_password(PASSWORD)
    cast = {}
    for account in ACCOUNTS:
        person = existing.get(national_id.blind_index(account.national_id))
        cast[account.key] = person or _create(account, hashed, agency, level)
    return cast


def _create(account: Account, hashed: str, agency: Agency, level: PositionLevel) -> Person:
    person = Person(
        title=account.title,
        first_name=account.first_name,
        last_name=account.last_name,
        birth_year=1990,
        sex=account.sex,
        education_level=EducationLevel.BACHELOR,
        email=account.email,
        group=account.group,
        password=hashed,
    )
    if account.group == PersonnelGroup.PUBLIC:
        person.occupation = account.position
    else:
        person.agency = agency
        person.service_start = date(2015, 10, 1)
        person.position_type = level.position_type
        person.position_level = level
        person.position = account.position
    person.national_id = account.national_id
    person.save()
    EmailAddress.objects.create(user=person, email=account.email, verified=True, primary=True)
    Consent.objects.create(person=person, notice_version=PRIVACY_NOTICE_VERSION)
    if account.role:
        scope = agency if account.role == Role.AGENCY_OFFICER else None
        RoleGrant.objects.create(person=person, role=account.role, agency=scope)
    return person
