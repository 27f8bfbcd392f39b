"""Load the courses that come as files: lists with one course a row, folders with lessons, curricula.

Loading is idempotent: what has not changed is not touched, and other topics or units come in as the next
version. A course of which somebody here has written a version is theirs and is left alone.
"""

import hashlib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Prefetch
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from courses.catalogue import lesson_files
from courses.catalogue.contents import TestRole, VideoContent
from courses.catalogue.making import handouts, packages
from courses.catalogue.models import (
    CODE,
    Category,
    Course,
    CourseVersion,
    CurriculumRule,
    Launch,
    TeachingLanguage,
    UnitKind,
    VersionStatus,
)
from courses.catalogue.services.courses import change_course, create_course, instructors_of, set_cover
from courses.catalogue.services.curricula import Place, write_curriculum
from courses.catalogue.services.versions import (
    RulePlan,
    TopicPlan,
    UnitPlan,
    approve_loaded,
    outline_of,
    publish,
    start_version,
    write_outline,
    write_rule,
)
from courses.content.models import StoredPackage
from courses.content.services.packages import keep
from learning import thai
from learning.errors import DomainError
from learning.people.models import Agency, Person
from learning.spreadsheets import STRAY, SpreadsheetError, read_table

MAX_ROWS, MAX_BYTES = 20_000, 50 * 2**20
REQUIRED = ("code", "name_th", "category", "owner_agency_code", "hours", "objective_th")
OPTIONAL = (
    "name_en",
    "objective_en",
    "target_group_th",
    "assessment_th",
    "keywords",
    "language",
    "instructors",
    "topics",
    "provider",
    "external_url",
    "launch",
)
# "Requests for information (45)": a topic with its minutes.
_TOPIC = re.compile(r"(.+?)\s*\((\d{1,4})\)")
_KINDS = {
    lesson_files.UnitKind.TEXT: UnitKind.TEXT,
    lesson_files.UnitKind.SLIDES: UnitKind.SLIDES,
    lesson_files.UnitKind.VIDEO: UnitKind.VIDEO,
    lesson_files.UnitKind.CHECK: UnitKind.TEST,
    lesson_files.UnitKind.PDF: UnitKind.PDF,
    lesson_files.UnitKind.PACKAGE: UnitKind.PACKAGE,
    lesson_files.UnitKind.SURVEY: UnitKind.SURVEY,
}


@dataclass(frozen=True)
class Fault:
    """What is wrong in a file; `row` as a spreadsheet counts them, `column` by its heading."""

    file: str
    message: str | Promise
    row: int | None = None
    column: str = ""


@dataclass
class Loaded:
    """What loading did, in courses and curricula, and what was wrong with the rest."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    # Of which somebody here has written a version.
    left_alone: int = 0
    curricula: int = 0
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True)
class _Plan:
    """A course as the files describe it."""

    code: str
    fields: Mapping[str, Any]
    instructors: list[tuple[str, str]]
    topics: list[TopicPlan]
    # Of a course with lessons.
    rule: RulePlan | None = None
    cover: Path | None = None


class _CurriculumData(msgspec.Struct, forbid_unknown_fields=True):
    """A curriculum as written in ``curricula.toml``; groups of course codes, those marked * required."""

    code: str
    name_th: str
    owner_agency_code: str
    groups: dict[str, list[str]]
    name_en: str = ""
    description_th: str = ""
    description_en: str = ""
    rule: CurriculumRule = CurriculumRule.ALL
    count: int | None = None
    hours: Decimal | None = None


class _CurriculaData(msgspec.Struct, forbid_unknown_fields=True):
    curriculum: list[_CurriculumData] = []


def load_folder(
    folder: Path, *, owner_code: str = "", actor: Person | None = None, now: datetime | None = None
) -> Loaded:
    """Load every list, lesson folder and curriculum of a folder; each course stands or falls by itself.

    `owner_code` is the agency of courses with lessons that no list names.
    """
    report = Loaded()
    agencies = {agency.code: agency for agency in Agency.objects.all()}
    plans: dict[str, _Plan] = {}
    for path in sorted(folder.glob("*.csv")):
        for plan in _read_list(path, agencies, report.faults):
            if plan.code in plans:
                report.faults.append(
                    Fault(path.name, _("The code %(code)s is there twice.") % {"code": plan.code})
                )
            plans.setdefault(plan.code, plan)
    for path in lesson_files.course_folders(folder / "lessons"):
        try:
            course = lesson_files.read_course(path)
        except lesson_files.UnfitCourse as error:
            report.faults += [
                Fault(f"lessons/{path.name}/{each.file}", each.message) for each in error.problems
            ]
            continue
        owner = agencies.get(owner_code)
        listed = plans.get(course.data.code)
        if owner is None and listed is None:
            report.faults.append(
                Fault(f"lessons/{path.name}", _("It is not said which agency owns this course."))
            )
            continue
        try:
            plans[course.data.code] = _with_lessons(course, listed, owner, actor=actor)
        except (DomainError, ValueError) as error:
            report.faults.append(Fault(f"lessons/{path.name}", str(error)))
    with transaction.atomic():
        _store(list(plans.values()), report, actor=actor, now=now or timezone.now())
    if (path := folder / "curricula.toml").is_file():
        _load_curricula(path, agencies, report, actor=actor)
    return report


# -- Lists ------------------------------------------------------------------------------------------
class _CellFault(ValueError):
    """A cell cannot be read; the arguments are its column and a sentence."""


def _read_list(path: Path, agencies: Mapping[str, Agency], faults: list[Fault]) -> Iterator[_Plan]:
    try:
        table = read_table(io.BytesIO(path.read_bytes()), path.name, max_rows=MAX_ROWS, max_bytes=MAX_BYTES)
        table.require(REQUIRED)
        if unknown := [name for name in table.headers if name not in {*REQUIRED, *OPTIONAL}]:
            message = _("These columns are not known: %(names)s.") % {"names": ", ".join(unknown)}
            faults.append(Fault(path.name, message))
            return
        for number, row in table.rows:
            try:
                yield _plan_of(row, agencies)
            except _CellFault as error:
                column, message = error.args
                faults.append(Fault(path.name, message, number, column))
    except SpreadsheetError as error:
        faults.append(Fault(path.name, str(error)))


def _plan_of(row: Mapping[str, str], agencies: Mapping[str, Agency]) -> _Plan:
    if STRAY in row:
        raise _CellFault(
            "", _("There is more in this row than there are columns. Put quotes around text with commas.")
        )
    cells = {name: thai.tidy(row.get(name, "")) for name in (*REQUIRED, *OPTIONAL)}
    for name in REQUIRED:
        if not cells[name]:
            raise _CellFault(name, _("This cell is empty."))
    if not re.fullmatch(CODE.regex, cells["code"]):
        raise _CellFault("code", CODE.message)
    # A spreadsheet drops the zero at the start of a code kept as a number.
    owner = agencies.get(cells["owner_agency_code"]) or agencies.get(f"0{cells['owner_agency_code']}")
    if owner is None:
        raise _CellFault("owner_agency_code", _("No agency has this code."))
    hours = _hours(cells["hours"])
    fields = {
        "name_th": cells["name_th"],
        "name_en": cells["name_en"],
        "owner": owner,
        "category": _one_of(cells, "category", Category),
        "language": _one_of(cells, "language", TeachingLanguage) or TeachingLanguage.THAI,
        "objective_th": cells["objective_th"],
        "objective_en": cells["objective_en"],
        "target_group": cells["target_group_th"],
        "assessment": cells["assessment_th"],
        "hours": hours,
        "keywords": ", ".join(_parts(cells["keywords"])),
        "provider": cells["provider"],
        "external_url": cells["external_url"],
        "launch": _one_of(cells, "launch", Launch),
    }
    return _Plan(
        cells["code"],
        fields,
        [(name, "") for name in _parts(cells["instructors"])],
        [_topic(part) for part in _parts(cells["topics"])]
        # A course that is described as a whole is one topic.
        or [TopicPlan(cells["name_th"], int(hours * 60), cells["name_en"])],
    )


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split("|") if part.strip()]


def _one_of(cells: Mapping[str, str], name: str, choices: Any) -> str:
    if cells[name] and cells[name] not in choices.values:
        raise _CellFault(name, _("Write one of: %(values)s.") % {"values": ", ".join(choices.values)})
    return cells[name]


def _hours(text: str) -> Decimal:
    text = thai.to_arabic_numerals(text)
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]0*)?", text) or not Decimal(text):
        raise _CellFault("hours", _("Write the hours as a number, for example 1.5."))
    return round(Decimal(text), 1)


def _topic(text: str) -> TopicPlan:
    found = _TOPIC.fullmatch(thai.to_arabic_numerals(text))
    if found is None or not int(found[2]):
        raise _CellFault(
            "topics", _("Write topics with their minutes, for example: Basics (30)|Practice (60)")
        )
    return TopicPlan(found[1], int(found[2]))


# -- Lessons ----------------------------------------------------------------------------------------
def _with_lessons(
    course: lesson_files.Course, listed: _Plan | None, owner: Agency | None, *, actor: Person | None
) -> _Plan:
    """Return the plan of a course with lessons, whose files are kept; a list may say more about it.

    Raises PackageUnfit, and ValueError where a lesson cannot be typeset.
    """
    data = course.data
    fields: dict[str, Any] = {"owner": owner, "category": data.code[:2]} | dict(
        listed.fields if listed else {}
    )
    fields |= {
        "name_th": thai.tidy(data.title_th),
        "name_en": data.title_en,
        "objective_th": data.objective_th.strip(),
        "target_group": data.target_group_th.strip(),
        "assessment": data.assessment_th.strip(),
        # To the tenth of an hour.
        "hours": max(round(Decimal(data.minutes) / 60, 1), Decimal("0.1")),
    }
    topics = [
        TopicPlan(
            thai.tidy(topic.title_th),
            topic.minutes,
            units=tuple(
                _unit(course, unit, fields["owner"], actor) for unit in data.units if unit.topic == number
            ),
        )
        for number, topic in enumerate(data.topics, start=1)
    ]
    cover = course.folder / lesson_files.COVER
    return _Plan(
        data.code,
        fields,
        [(name, "") for name in data.instructors],
        topics,
        rule=_rule(course),
        cover=cover if cover.is_file() else None,
    )


def _rule(course: lesson_files.Course) -> RulePlan:
    marks = [
        course.checks[unit.file].pass_percent for unit in course.data.units if unit.role is TestRole.POST
    ]
    return RulePlan(
        is_sequential=course.data.is_sequential,
        min_minutes=course.data.min_minutes,
        test_mark=Decimal(max(marks, default=0)) / 100,
        needs_survey=any(unit.kind is lesson_files.UnitKind.SURVEY for unit in course.data.units),
    )


def _unit(
    course: lesson_files.Course, unit: lesson_files.UnitData, owner: Agency, actor: Person | None
) -> UnitPlan:
    body, file, package_id = "", "", None
    content: dict[str, Any] = {}
    match unit.kind:
        case lesson_files.UnitKind.TEXT:
            body = course.texts[unit.file]
        case lesson_files.UnitKind.SLIDES:
            body = "\n\n---\n\n".join(course.slides[unit.file])
        case lesson_files.UnitKind.VIDEO:
            video = course.videos[unit.file]
            content = msgspec.to_builtins(VideoContent(lesson_files.captions(video)))
            body = lesson_files.transcript(video)
            file = _keep_file((course.folder / lesson_files.film_file(unit.file)).read_bytes(), "mp4")
        case lesson_files.UnitKind.PDF:
            file = _keep_handout(course)
        case lesson_files.UnitKind.CHECK:
            check = course.checks[unit.file]
            asked = msgspec.structs.replace(check, items=lesson_files.asked(check, unit))
            content = msgspec.to_builtins(asked) | {"role": unit.role.value}
        case lesson_files.UnitKind.PACKAGE:
            package_id = _keep_package(course, unit, owner, actor).pk
        case lesson_files.UnitKind.SURVEY:
            content = msgspec.to_builtins(lesson_files.read_survey())
    return UnitPlan(
        kind=_KINDS[unit.kind],
        title=thai.tidy(unit.title_th),
        body=body,
        file=file,
        content=content,
        min_seconds=unit.min_evidence_seconds,
        is_required=unit.is_required,
        package_id=package_id,
    )


# -- Files ------------------------------------------------------------------------------------------
def _keep_file(data: bytes, ending: str) -> str:
    """Keep a file under a name made of what is in it, and return that name."""
    name = f"units/{hashlib.sha256(data).hexdigest()[:32]}.{ending}"
    if not default_storage.exists(name):
        name = default_storage.save(name, ContentFile(data))
    return name


def _keep_handout(course: lesson_files.Course) -> str:
    """Keep the handout of a course, typeset only when a lesson or the way it is set has changed."""
    about = (course.data.code, thai.tidy(course.data.title_th), course.data.objective_th.strip())
    lessons = list(course.texts.values())
    name = f"units/{handouts.fingerprint(lessons, *about)[:32]}.pdf"
    if not default_storage.exists(name):
        document = handouts.typeset(handouts.source(*about, lessons))
        name = default_storage.save(name, ContentFile(document))
    return name


def _keep_package(
    course: lesson_files.Course, unit: lesson_files.UnitData, owner: Agency, actor: Person | None
) -> StoredPackage:
    """Make the package of an exercise and keep it; the one that is there already where nothing changed."""
    assert unit.package is not None
    data = packages.build(course.exercises[unit.file], unit.package, course.data.code)
    name = packages.file_name(unit.package, course.data.code)
    return keep(io.BytesIO(data), name, owner=owner, actor=actor)


# -- Storing ----------------------------------------------------------------------------------------
def _store(plans: Sequence[_Plan], report: Loaded, *, actor: Person | None, now: datetime) -> None:
    published = CourseVersion.objects.filter(status=VersionStatus.PUBLISHED).prefetch_related("topics__units")
    known = {
        course.code: course
        for course in Course.objects.select_related("owner").prefetch_related(
            "instructors", "versions", Prefetch("versions", published, to_attr="published_versions")
        )
    }
    for plan in plans:
        course = known.get(plan.code)
        if course is not None and any(version.author_id for version in course.versions.all()):
            report.left_alone += 1
            continue
        if course is not None and _says(course, plan):
            report.unchanged += 1
            continue
        try:
            with transaction.atomic():
                _store_one(plan, course, actor=actor, now=now)
        except DomainError as error:
            report.faults.append(Fault(plan.code, str(error)))
        else:
            report.created += course is None
            report.changed += course is not None


def _says(course: Course, plan: _Plan) -> bool:
    """Say whether the course is what the files describe."""
    return (
        all(getattr(course, name) == value for name, value in plan.fields.items())
        and instructors_of(course) == plan.instructors
        and _published_outline(course) == plan.topics
        and (plan.cover is None or bool(course.cover))
    )


def _store_one(plan: _Plan, course: Course | None, *, actor: Person | None, now: datetime) -> None:
    if course is None:
        course = create_course(plan.code, plan.fields, instructors=plan.instructors, actor=actor)
    else:
        change_course(course, plan.fields, instructors=plan.instructors, actor=actor)
    if _published_outline(course) != plan.topics:
        version = start_version(course, author=None, actor=actor)
        write_outline(version, plan.topics, actor=actor)
        if plan.rule is not None:
            write_rule(version, plan.rule)
        approve_loaded(version, actor=actor)
        publish(version, actor=actor, now=now)
    # One that somebody chose stays.
    if plan.cover is not None and not course.cover:
        set_cover(course, plan.cover.read_bytes(), actor=actor)


def _published_outline(course: Course) -> list[TopicPlan]:
    versions = getattr(course, "published_versions", [])
    return outline_of(versions[0]) if versions else []


# -- Curricula --------------------------------------------------------------------------------------
def _load_curricula(
    path: Path, agencies: Mapping[str, Agency], report: Loaded, *, actor: Person | None
) -> None:
    try:
        data = msgspec.toml.decode(path.read_bytes(), type=_CurriculaData)
    except msgspec.MsgspecError as error:
        report.faults.append(Fault(path.name, str(error)))
        return
    courses = {course.code: course for course in Course.objects.all()}
    for each in data.curriculum:
        codes = [code.removesuffix("*") for group in each.groups.values() for code in group]
        missing = [code for code in codes if code not in courses]
        owner = agencies.get(each.owner_agency_code)
        if missing or owner is None:
            message = (
                _("There are no courses %(codes)s.") % {"codes": ", ".join(missing)}
                if missing
                else _("No agency has this code.")
            )
            report.faults.append(Fault(f"{path.name}: {each.code}", message))
            continue
        places = [
            Place(courses[code.removesuffix("*")], group, is_required=code.endswith("*"))
            for group, members in each.groups.items()
            for code in members
        ]
        fields = {
            "name_th": each.name_th,
            "name_en": each.name_en,
            "description_th": each.description_th.strip(),
            "description_en": each.description_en.strip(),
            "owner": owner,
            "rule": each.rule.value,
            "rule_count": each.count,
            "rule_hours": each.hours,
        }
        try:
            write_curriculum(each.code, fields, places, actor=actor)
        except DomainError as error:
            report.faults.append(Fault(f"{path.name}: {each.code}", str(error)))
        else:
            report.curricula += 1
