"""Demonstration data: who reviews, a course that waits for its review, an item bank that courses draw from.

Never loaded in production.
"""

from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from courses.catalogue.contents import TestRole
from courses.catalogue.lesson_files import LESSONS, read_course
from courses.catalogue.models import Category, Course
from courses.catalogue.services.courses import create_course
from courses.studio.forms.outline import SURVEY_STARTS_WITH
from courses.studio.models import AgencyStage
from courses.studio.services import copying, drawing, outline, reviews, stages
from courses.studio.services.stages import StagePlan
from courses.studio.workflow import Quorum
from exams.bank import services as items
from exams.bank.content import Content
from exams.bank.models import Difficulty, ItemBank, Topic
from learning.people import demo as people_demo
from learning.people.models import Agency, Person

CODE = "KD90"
BANK = "practice"
# Whose questions the bank holds: those of an examination are never open to courses.
_ASKED_IN = ("KD05", "KD07")
_LESSON = """# บันทึกข้อความที่ผู้บังคับบัญชาตัดสินใจได้

บันทึกข้อความที่ดีตอบคำถามสามข้อในหน้าแรก

1. **เรื่องอะไร** และเหตุใดจึงต้องเสนอในขณะนี้
2. **ข้อเท็จจริงและข้อพิจารณา** มีอะไรบ้าง แยกจากความเห็นของผู้เสนอ
3. **ขอให้ทำอะไร** เช่น เพื่อโปรดทราบ เพื่อโปรดพิจารณา หรือเพื่อโปรดลงนาม

ข้อเสนอควรอยู่ในย่อหน้าสุดท้าย เขียนให้สั่งการได้ทันที
"""
_QUESTIONS = [
    {
        "stem": "ข้อเสนอที่ขอให้ผู้บังคับบัญชาสั่งการควรอยู่ที่ใดของบันทึกข้อความ",
        "options": ["ย่อหน้าแรก", "ย่อหน้าสุดท้าย", "เอกสารแนบ", "ชื่อเรื่อง"],
        "key": 1,
        "explanation": "ผู้อ่านเห็นเหตุผลครบแล้วจึงสั่งการได้ทันทีจากย่อหน้าสุดท้าย",
    },
    {
        "stem": "ข้อใดควรแยกออกจากกันให้ชัดเจนในบันทึกข้อความ",
        "options": ["ข้อเท็จจริงกับความเห็นของผู้เสนอ", "วันที่กับเลขที่หนังสือ", "ชื่อเรื่องกับคำขึ้นต้น"],
        "key": 0,
        "explanation": "ผู้บังคับบัญชาต้องรู้ว่าส่วนใดเป็นข้อเท็จจริงและส่วนใดเป็นความเห็น",
    },
]


@transaction.atomic
def load() -> None:
    """Name the reviewer, submit a course and open an item bank, unless that was done before."""
    cast = people_demo.load()
    officer, reviewer = cast["agency_officer"], cast["reviewer"]
    agency = Agency.objects.get(code=people_demo.OCSC)
    if not AgencyStage.objects.filter(agency=agency).exists():
        plan = [StagePlan("ตรวจเนื้อหา", Quorum.ALL, (reviewer,))]
        stages.set_stages(agency, plan, seen=stages.stages_seen(agency), actor=officer)
    if not Course.objects.filter(code=CODE).exists():
        _submit_course(agency, officer)
    if not ItemBank.objects.filter(code=BANK).exists():
        _open_bank(author=cast["exam_officer"], reviewer=reviewer)


def _open_bank(*, author: Person, reviewer: Person) -> None:
    """Make a bank of questions for practice, approved, and open it to courses beside those that are."""
    names = {"name_th": "แบบฝึกหัดงานสารบรรณและวิธีปฏิบัติราชการ", "name_en": "Practice in Office Work"}
    bank = ItemBank.objects.create(code=BANK, **names)
    for order, code in enumerate(_ASKED_IN):
        course = read_course(LESSONS / code)
        names = {"name_th": course.data.title_th, "name_en": course.data.title_en}
        topic = Topic.objects.create(bank=bank, code=code.lower(), order=order, **names)
        for question in (each for check in course.checks.values() for each in check.items):
            content = Content(
                topic.pk,
                Difficulty.MEDIUM,
                question.stem,
                tuple(question.options),
                question.key,
                question.explanation,
            )
            version = items.create_item(bank, content, author=author)
            version = items.review(version, reviewer=reviewer, revision=version.revision)
            items.approve(version, approver=reviewer, revision=version.revision)
    opened = [each.pk for each in drawing.open_banks()]
    drawing.set_open_banks([*opened, bank.pk], actor=author)


def _submit_course(agency: Agency, officer: Person) -> None:
    course = create_course(
        CODE,
        {
            "name_th": "การเขียนบันทึกข้อความเสนอผู้บังคับบัญชา",
            "name_en": "Writing Memoranda for Decisions",
            "owner": agency,
            "category": Category.KNOWLEDGE,
            "objective_th": "เขียนบันทึกข้อความที่ผู้บังคับบัญชาอ่านแล้วสั่งการได้ทันที",
            "hours": Decimal("0.5"),
        },
        instructors=[("กองฝึกอบรม", "ผู้จัดทำเนื้อหา")],
        actor=officer,
    )
    version = copying.start(course, actor=officer)
    topic = outline.add_topic(version, {"name_th": "หลักการเขียน", "minutes": 30}, actor=officer)
    lesson = {"title": "บันทึกข้อความที่สั่งการได้", "body": _LESSON, "min_seconds": 60}
    outline.add_unit(topic, "text", lesson, actor=officer)
    test = {"items": _QUESTIONS, "role": TestRole.POST.value, "pass_percent": 60, "tries": 0, "minutes": 0}
    outline.add_unit(topic, "test", {"title": "แบบทดสอบหลังเรียน", "content": test}, actor=officer)
    questions = [
        {"id": f"q-{number}", "text": str(text), "kind": kind.value, "is_required": False}
        for number, (kind, text) in enumerate(SURVEY_STARTS_WITH, start=1)
    ]
    survey = {"title": "แบบประเมินความพึงพอใจ", "content": {"questions": questions}, "is_required": False}
    outline.add_unit(topic, "survey", survey, actor=officer)
    submitted_at = timezone.now() - timedelta(hours=2)
    reviews.submit(version, note="โปรดตรวจความถูกต้องของเนื้อหาและเฉลย", actor=officer, now=submitted_at)
