"""The kinds of certificate: what facts each needs, who issues it, and its current template."""

import datetime
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from certificates import names
from certificates.errors import FactsInvalid, UnknownKind

Line = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
OptionalLine = Annotated[str, msgspec.Meta(max_length=200)]


class Holder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who holds the certificate, as on the day of issue."""

    title: str
    first_name: str
    last_name: str
    masked_national_id: str
    # What the account said, where putting Thai marks in order changed it; empty where nothing changed.
    name_as_typed: str = ""

    @property
    def full_name(self) -> str:
        """Title, first name and last name, as printed."""
        return names.full(self.title, self.first_name, self.last_name)


class Signer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who signs, as on the day of issue. Without a name the sheet leaves room for a pen."""

    name: str = ""
    position: str = ""
    position_en: str = ""


class Award(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is certified; each kind has its own."""


class KnowledgeTestPass(Award, frozen=True, kw_only=True):
    """A knowledge test passed. The marks are kept for the office and shown to no stranger."""

    test_name: Line
    test_name_en: OptionalLine = ""
    round_name: Line
    test_date: datetime.date
    agency_name: OptionalLine = ""
    score: Decimal
    max_score: Decimal
    pass_mark: Decimal

    def __post_init__(self) -> None:
        for name in ("score", "max_score", "pass_mark"):
            mark: Decimal = getattr(self, name)
            if not mark.is_finite() or mark < 0:
                raise ValueError(f"{name} is not a mark: {mark}")


class SubjectMark(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One subject of an examination, in points."""

    name: Line
    points: Decimal
    max_points: Decimal


class ExamPass(Award, frozen=True, kw_only=True):
    """An examination passed in all its subjects. Marks and number are kept for the office only."""

    test_name: Line
    test_name_en: OptionalLine = ""
    round_name: Line
    test_date: datetime.date
    # The education level at which the holder was examined, in Thai.
    level: Line
    candidate_number: Line
    subjects: Annotated[list[SubjectMark], msgspec.Meta(min_length=1, max_length=20)]


class CourseCompletion(Award, frozen=True, kw_only=True):
    """A course, or a curriculum of several, learnt to the end. `test_name` is its name, as of every kind."""

    test_name: Line
    test_name_en: OptionalLine = ""
    # The round of a course; a curriculum has none.
    round_name: OptionalLine = ""
    code: Line
    owner_name: Line
    hours: Decimal
    completed_on: datetime.date


class Facts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that a certificate says, frozen at issue. `award` is read by `Kind.read_award`."""

    holder: Holder
    signer: Signer
    issuer: str
    issuer_en: str
    award: dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """One kind of certificate."""

    label: Promise
    # The name in the properties of the PDF, always Thai as the sheet is.
    title: str
    award: type[Award]
    # What stands before the name of what was passed or completed.
    name_label: Promise
    issuer: str = "สำนักงานคณะกรรมการข้าราชการพลเรือน"
    issuer_en: str = "Office of the Civil Service Commission"
    # Folder under certificates/typst/<key>/ that new certificates are set with.
    template_version: int = 1

    def award_facts(self, facts: dict[str, Any]) -> dict[str, Any]:
        """Return the caller's facts, checked and made JSON values.

        Raises FactsInvalid, naming the first fact that is missing, unknown or of the wrong type.
        """
        try:
            built: dict[str, Any] = msgspec.to_builtins(msgspec.convert(facts, self.award))
        except msgspec.ValidationError as error:
            raise FactsInvalid(str(error)) from error
        return built

    def read_award(self, facts: Facts) -> Award:
        """Return what is certified, typed, from the frozen facts."""
        return msgspec.convert(facts.award, self.award)


KNOWLEDGE_TEST_PASS = "knowledge-test-pass"  # noqa: S105 — to pass a test, not to sign in

EXAM_PASS = "exam-pass"  # noqa: S105 — likewise

COURSE_COMPLETION = "course-completion"

CURRICULUM_COMPLETION = "curriculum-completion"

KINDS: dict[str, Kind] = {
    KNOWLEDGE_TEST_PASS: Kind(
        label=_("Certificate of passing a knowledge test"),
        title="หนังสือรับรองผลการทดสอบความรู้",
        award=KnowledgeTestPass,
        name_label=_("Test passed"),
    ),
    EXAM_PASS: Kind(
        label=_("Certificate of passing the general knowledge examination"),
        title="หนังสือรับรองผลการสอบผ่าน",
        award=ExamPass,
        name_label=_("Test passed"),
    ),
    COURSE_COMPLETION: Kind(
        label=_("Certificate of completing a course"),
        title="ประกาศนียบัตรการเรียนจบรายวิชา",
        award=CourseCompletion,
        name_label=_("Course completed"),
    ),
    CURRICULUM_COMPLETION: Kind(
        label=_("Certificate of completing a curriculum"),
        title="ประกาศนียบัตรการเรียนจบหลักสูตร",
        award=CourseCompletion,
        name_label=_("Curriculum completed"),
    ),
}


def get(key: str) -> Kind:
    """Return the kind. Raises UnknownKind."""
    try:
        return KINDS[key]
    except KeyError:
        raise UnknownKind(key) from None


def read_facts(facts: Any) -> Facts:
    """Return the frozen facts of a stored certificate."""
    return msgspec.convert(facts, Facts)
