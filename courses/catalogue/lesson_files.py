"""Read the courses that come with the platform (``courses/catalogue/data/``) and say what is wrong in them.

A course with lessons of its own is one folder, named by its code::

    lessons/KD10/course.toml          titles, topics, instructors, units in their order
                 01-why-open.md       a lesson: Markdown, written by us
                 slides.md            slides: Markdown, one slide after each line of three dashes
                 check.toml           a knowledge check; each key is proved by words of a lesson
                 exercise.toml        what becomes a package of the kind that course.toml says (making/)
                 video.toml           scenes: what is on the screen, what the captions say, how long
                 video.mp4            the film of the scenes (tools/make_media.py)
                 video.vtt            the captions as WebVTT, made from the scenes (tools/write_captions.py)
                 video-transcript.md  the same as text, made from the scenes
                 cover.png            the cover (tools/make_media.py)

Two kinds of units have no file of their own: a PDF is all lessons of the course as one document, and the
survey is the platform's (``survey.toml``).

``demo-courses.csv`` is the rest of the catalogue, one course a line. No database and no clock: what has been
read here can be loaded, shown or typeset by whoever likes.
"""

import csv
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from pathlib import Path

import msgspec

from courses.catalogue.contents import SurveyContent, TestRole
from courses.catalogue.making.exercises import Exercise, read_exercise
from courses.catalogue.making.packages import KINDS
from courses.packages import mp4
from courses.packages.package import Kind

DATA = Path(__file__).parent / "data"
LESSONS = DATA / "lessons"
DEMO_COURSES = DATA / "demo-courses.csv"
SURVEY = DATA / "survey.toml"
COVER = "cover.png"
SILENCE = "วิดีโอนี้ไม่มีเสียง คำบรรยายใต้ภาพและข้อความต่อไปนี้มีสาระครบถ้วน"

OPTIONS = 4
ITEMS = range(8, 13)
# People read captions at up to this many characters a second.
CHARACTERS_A_SECOND = 20
_SLIDES_APART = re.compile(r"^---[ \t]*$", re.MULTILINE)
_HEADING = re.compile(r"^#+ (.+)$")
_TIME = r"(\d{2}):([0-5]\d):([0-5]\d)\.(\d{3})"
_CUE = re.compile(rf"{_TIME} --> {_TIME}")


class Category(StrEnum):
    """The five categories; a course's code begins with one."""

    KNOWLEDGE = "KD"
    MINDSET = "MS"
    STRATEGY = "SL"
    DIGITAL = "DS"
    LANGUAGE = "LS"


class UnitKind(StrEnum):
    """What a unit is made of."""

    TEXT = "text"
    SLIDES = "slides"
    VIDEO = "video"
    CHECK = "check"
    PDF = "pdf"
    PACKAGE = "package"
    SURVEY = "survey"


_WITHOUT_FILE = {UnitKind.PDF, UnitKind.SURVEY}


class TopicData(msgspec.Struct, forbid_unknown_fields=True):
    """A topic of a course."""

    title_th: str
    minutes: int


class UnitData(msgspec.Struct, forbid_unknown_fields=True):
    """A unit as listed in ``course.toml``; `topic` counts from 1."""

    kind: UnitKind
    title_th: str
    topic: int
    minutes: int
    min_evidence_seconds: int = 0
    file: str = ""
    is_required: bool = True
    # Of a check: what it is for, and how many of its questions are asked; 0 for all.
    role: TestRole = TestRole.CHECK
    questions: int = 0
    # Of a package: what the exercise becomes.
    package: Kind | None = None


class CourseData(msgspec.Struct, forbid_unknown_fields=True):
    """A course as described in its ``course.toml``; instructors are roles, not persons."""

    code: str
    title_th: str
    title_en: str
    objective_th: str
    target_group_th: str
    assessment_th: str
    instructors: list[str]
    topics: list[TopicData]
    units: list[UnitData]
    # Units open one after the other.
    is_sequential: bool = False
    # Learning time that completion asks for.
    min_minutes: int = 0

    @property
    def minutes(self) -> int:
        """How long the course takes."""
        return sum(topic.minutes for topic in self.topics)


class CheckItem(msgspec.Struct, forbid_unknown_fields=True):
    """A question; `key` counts from 0. `proof` are words of the lesson from which the key follows."""

    stem: str
    options: list[str]
    key: int
    explanation: str
    lesson: str
    proof: str


class CheckData(msgspec.Struct, forbid_unknown_fields=True):
    """A knowledge check as written in ``check.toml``."""

    title_th: str
    pass_percent: int
    items: list[CheckItem]


class Scene(msgspec.Struct, forbid_unknown_fields=True):
    """A scene of a video: its screen is Markdown, its captions share its seconds by their length."""

    screen: str
    captions: list[str]
    seconds: int


class VideoData(msgspec.Struct, forbid_unknown_fields=True):
    """A video as written in ``video.toml``."""

    title_th: str
    scenes: list[Scene]

    @property
    def seconds(self) -> int:
        """How long the video runs."""
        return sum(scene.seconds for scene in self.scenes)


@dataclass(frozen=True)
class Cue:
    """A caption and its time, in milliseconds."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Problem:
    """What is wrong, and in which file of the folder."""

    file: str
    message: str


class UnfitCourse(Exception):
    """A folder or a list cannot be used; says everything that is wrong."""

    def __init__(self, problems: Collection[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(f"{problem.file}: {problem.message}" for problem in self.problems))


@dataclass(frozen=True)
class Course:
    """A course with the content of its units, each under the name of its file."""

    data: CourseData
    texts: dict[str, str] = field(default_factory=dict)
    slides: dict[str, list[str]] = field(default_factory=dict)
    videos: dict[str, VideoData] = field(default_factory=dict)
    checks: dict[str, CheckData] = field(default_factory=dict)
    exercises: dict[str, Exercise] = field(default_factory=dict)
    folder: Path = LESSONS


@dataclass(frozen=True)
class CatalogueEntry:
    """A line of the list of courses."""

    code: str
    name_th: str
    name_en: str
    category: Category
    owner_agency_code: str
    hours: float
    objective_th: str
    target_group_th: str
    keywords: tuple[str, ...]
    # Courses of a partner platform: whose, where, and how they are opened ("link" or "lti").
    provider: str = ""
    external_url: str = ""
    launch: str = ""


COLUMNS = (
    "code",
    "name_th",
    "name_en",
    "category",
    "owner_agency_code",
    "hours",
    "objective_th",
    "target_group_th",
    "keywords",
    "provider",
    "external_url",
    "launch",
)


def course_folders(folder: Path = LESSONS) -> list[Path]:
    """Return the folders of all courses with lessons of their own, by code."""
    return sorted(path.parent for path in folder.glob("*/course.toml"))


def read_course(folder: Path) -> Course:
    """Read a course and everything its units need. Raises UnfitCourse."""
    try:
        data = msgspec.toml.decode((folder / "course.toml").read_bytes(), type=CourseData)
    except FileNotFoundError:
        raise UnfitCourse([Problem("course.toml", "is missing")]) from None
    except msgspec.MsgspecError as error:
        raise UnfitCourse([Problem("course.toml", str(error))]) from error
    course = Course(data, folder=folder)
    found = [Problem("course.toml", message) for message in _course_problems(data, folder.name)]
    # Lessons come first: a check is compared with them wherever it stands.
    for unit in sorted(data.units, key=lambda unit: unit.kind is UnitKind.CHECK):
        if unit.kind in _WITHOUT_FILE:
            continue
        if Path(unit.file).name != unit.file or not (folder / unit.file).is_file():
            found.append(Problem(unit.file, "is listed in course.toml and missing in the folder"))
            continue
        try:
            found += [Problem(unit.file, message) for message in _read_unit(course, unit, folder)]
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            found.append(Problem(unit.file, str(error)))
    found += [Problem(name, "is in the folder and not listed") for name in _not_listed(data, folder)]
    if found:
        raise UnfitCourse(found)
    return course


def _course_problems(data: CourseData, folder: str) -> Iterator[str]:
    if data.code != folder:
        yield f"the code {data.code} is not the folder's name {folder}"
    if data.code[:2] not in set(Category):
        yield f"the code {data.code} begins with no category"
    words = (data.title_th, data.title_en, data.objective_th, data.target_group_th, data.assessment_th)
    if not all(words) or not data.instructors or not data.topics or not data.units:
        yield "a title, the objective, target group, assessment, instructors, topics or units are missing"
    yield from _outline_problems(data)


def _outline_problems(data: CourseData) -> Iterator[str]:
    # One check is often asked twice: some of it before the lessons, all of it after them.
    files = [unit.file for unit in data.units if unit.file and unit.kind is not UnitKind.CHECK]
    for name in sorted({name for name in files if files.count(name) > 1}):
        yield f"{name} is listed twice"
    for number, topic in enumerate(data.topics, 1):
        minutes = [unit.minutes for unit in data.units if unit.topic == number]
        if sum(minutes) != topic.minutes:
            yield f"topic {number} has {topic.minutes} minutes, its units {sum(minutes)}"
    for unit in data.units:
        if not 1 <= unit.topic <= len(data.topics):
            yield f"{unit.file} belongs to topic {unit.topic}, which is not there"
        if not 0 <= unit.min_evidence_seconds <= unit.minutes * 60:
            yield f"{unit.file} asks for more evidence than it lasts"
        if (unit.kind in _WITHOUT_FILE) == bool(unit.file):
            yield f"a unit of kind {unit.kind.value} {'has' if unit.file else 'lacks'} a file"
        if (unit.kind is UnitKind.PACKAGE) != (unit.package in KINDS):
            yield f"{unit.file or unit.title_th} has no kind of package that can be made of it"


def _not_listed(data: CourseData, folder: Path) -> list[str]:
    expected = {"course.toml", COVER} | {unit.file for unit in data.units}
    for unit in data.units:
        if unit.kind is UnitKind.VIDEO:
            expected |= {captions_file(unit.file), transcript_file(unit.file), film_file(unit.file)}
    return sorted(path.name for path in folder.iterdir() if path.name not in expected)


def _read_unit(course: Course, unit: UnitData, folder: Path) -> Iterator[str]:
    path = folder / unit.file
    match unit.kind:
        case UnitKind.TEXT:
            course.texts[unit.file] = path.read_text("utf-8")
            if not course.texts[unit.file].startswith("# "):
                yield "does not begin with a heading"
        case UnitKind.SLIDES:
            course.slides[unit.file] = slides(path.read_text("utf-8"))
            if not all(course.slides[unit.file]):
                yield "a slide is empty"
        case UnitKind.VIDEO:
            video = msgspec.toml.decode(path.read_bytes(), type=VideoData)
            course.videos[unit.file] = video
            yield from _video_problems(video, unit)
            yield from _video_file_problems(video, path)
        case UnitKind.CHECK:
            check = msgspec.toml.decode(path.read_bytes(), type=CheckData)
            course.checks[unit.file] = check
            yield from _check_problems(check, course.texts)
            if not 0 <= unit.questions <= len(check.items):
                yield f"has {len(check.items)} questions, of which {unit.questions} cannot be asked"
        case UnitKind.PACKAGE:
            exercise = read_exercise(path.read_bytes())
            course.exercises[unit.file] = exercise
            yield from exercise.problems()


def slides(text: str) -> list[str]:
    """Return the slides of a file, without the lines between them."""
    return [slide.strip() for slide in _SLIDES_APART.split(text)]


def _check_problems(check: CheckData, texts: dict[str, str]) -> Iterator[str]:
    if len(check.items) not in ITEMS:
        yield f"has {len(check.items)} questions; {ITEMS.start} to {ITEMS.stop - 1} are wanted"
    if not 0 < check.pass_percent <= 100:  # noqa: PLR2004
        yield "the pass mark is no percentage"
    stems = [_plain(item.stem) for item in check.items]
    for number, item in enumerate(check.items, 1):
        if stems.count(_plain(item.stem)) > 1:
            yield f"question {number} is asked twice"
        if len({_plain(option) for option in item.options}) != OPTIONS or len(item.options) != OPTIONS:
            yield f"question {number} has not {OPTIONS} different options"
        if not 0 <= item.key < len(item.options):
            yield f"question {number} has the key {item.key}, which is no option"
        if not item.explanation:
            yield f"question {number} has no explanation"
        if item.lesson not in texts:
            yield f"question {number} rests on {item.lesson}, which is no lesson of the course"
        elif not item.proof or _plain(item.proof) not in _plain(texts[item.lesson]):
            yield f"question {number} rests on words that are not in {item.lesson}"


def _plain(text: str) -> str:
    """Leave out what a reader does not see: Markdown's marks and how lines are broken."""
    return re.sub(r"[\s*_`|]+", "", text)


def captions_file(video: str) -> str:
    """Return the name of a video's captions."""
    return f"{Path(video).stem}.vtt"


def transcript_file(video: str) -> str:
    """Return the name of a video's transcript."""
    return f"{Path(video).stem}-transcript.md"


def film_file(video: str) -> str:
    """Return the name of a video's film."""
    return f"{Path(video).stem}.mp4"


def asked(check: CheckData, unit: UnitData) -> list[CheckItem]:
    """Return the questions of a check that a unit asks, spread over the whole check."""
    if not unit.questions:
        return check.items
    return [check.items[place * len(check.items) // unit.questions] for place in range(unit.questions)]


def read_survey() -> SurveyContent:
    """Read the survey of the platform's courses. Raises msgspec.ValidationError."""
    return msgspec.toml.decode(SURVEY.read_bytes(), type=SurveyContent)


def cues(video: VideoData) -> list[Cue]:
    """Return the captions of all scenes; those of a scene share its time by their length."""
    made = []
    begin = 0
    for scene in video.scenes:
        total = sum(map(len, scene.captions))
        said = 0
        for caption in scene.captions:
            start = begin + scene.seconds * 1000 * said // total
            said += len(caption)
            made.append(Cue(start, begin + scene.seconds * 1000 * said // total, caption))
        begin += scene.seconds * 1000
    return made


def captions(video: VideoData) -> str:
    """Return the captions as WebVTT."""
    blocks = [f"{_stamp(cue.start)} --> {_stamp(cue.end)}\n{cue.text}\n" for cue in cues(video)]
    return "\n".join(["WEBVTT\n", *blocks])


def transcript(video: VideoData) -> str:
    """Return what is shown and said, as Markdown for those who read instead of watching."""
    parts = [f"# {video.title_th}\n\n{SILENCE}\n"]
    for number, scene in enumerate(video.scenes, 1):
        # What is a heading on the screen is none between the headings of the scenes.
        lines = [_HEADING.sub(r"**\1**", line) for line in scene.screen.strip().splitlines()]
        screen = "\n>\n".join(f"> {line}" for line in lines if line)
        parts.append(f"## ฉากที่ {number}\n\n{screen}\n\n{' '.join(scene.captions)}\n")
    return "\n".join(parts)


def _stamp(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"


def parse_captions(text: str) -> list[Cue]:
    """Return the cues of a WebVTT file. Raises ValueError where it is none or its times do not ascend."""
    head, *blocks = re.split(r"\n{2,}", text.strip())
    if head != "WEBVTT":
        raise ValueError("does not begin with WEBVTT")
    found = []
    for block in blocks:
        times, _newline, words = block.partition("\n")
        match = _CUE.fullmatch(times)
        if not match or not words.strip():
            raise ValueError(f"cannot be read at {times!r}")
        numbers = [int(number) for number in match.groups()]
        found.append(Cue(_milliseconds(numbers[:4]), _milliseconds(numbers[4:]), words.strip()))
    if any(cue.start >= cue.end for cue in found):
        raise ValueError("a caption ends before it begins")
    if any(after.start < before.end for before, after in pairwise(found)):
        raise ValueError("captions overlap or go back in time")
    return found


def _milliseconds(parts: list[int]) -> int:
    hours, minutes, seconds, rest = parts
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + rest


def _video_problems(video: VideoData, unit: UnitData) -> Iterator[str]:
    if not video.scenes:
        yield "has no scenes"
    if video.seconds > unit.minutes * 60:
        yield f"runs {video.seconds} seconds, the unit {unit.minutes} minutes"
    if unit.min_evidence_seconds > video.seconds:
        yield "the unit asks for more evidence than the video runs"
    for number, scene in enumerate(video.scenes, 1):
        if not scene.screen.strip() or not scene.captions or not all(scene.captions):
            yield f"scene {number} shows or says nothing"
        elif scene.seconds * CHARACTERS_A_SECOND < sum(map(len, scene.captions)):
            yield f"scene {number} is too short for its captions"


def _film_problems(video: VideoData, path: Path) -> Iterator[str]:
    if not path.is_file():
        yield f"{path.name} is missing"
        return
    try:
        with path.open("rb") as stream:
            film = mp4.probe(stream, path.stat().st_size)
    except mp4.NotAVideo as error:
        yield f"{path.name} is no video: {error}"
        return
    if abs(film.duration.total_seconds() - video.seconds) >= 1:
        yield f"{path.name} runs {film.duration.total_seconds():g} seconds, its scenes {video.seconds}"


def _video_file_problems(video: VideoData, path: Path) -> Iterator[str]:
    yield from _film_problems(video, path.with_name(film_file(path.name)))
    for name, expected in (
        (captions_file(path.name), captions(video)),
        (transcript_file(path.name), transcript(video)),
    ):
        made = path.with_name(name)
        if not made.is_file():
            yield f"{name} is missing"
            continue
        text = made.read_text("utf-8")
        if made.suffix == ".vtt":
            try:
                parse_captions(text)
            except ValueError as error:
                yield f"{name} {error}"
        if text != expected:
            yield f"{name} is not what the scenes say"


def read_catalogue(path: Path = DEMO_COURSES, *, agencies: Collection[str]) -> list[CatalogueEntry]:
    """Read the list of courses; `agencies` are the codes that exist. Raises UnfitCourse."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise UnfitCourse([Problem(path.name, f"the columns are not {', '.join(COLUMNS)}")])
        rows = list(reader)
    found: list[Problem] = []
    entries: list[CatalogueEntry] = []
    for line, row in enumerate(rows, 2):
        wrong = list(_row_problems(row, agencies))
        if row.get("code") in {entry.code for entry in entries}:
            wrong.append("the code is there twice")
        found += [Problem(f"{path.name}, line {line}", message) for message in wrong]
        if not wrong:
            entries.append(_entry(row))
    if found:
        raise UnfitCourse(found)
    return entries


def _row_problems(row: dict[str, str], agencies: Collection[str]) -> Iterator[str]:
    if None in row or None in row.values():
        yield "has more or fewer columns than the first line"
        return
    missing = [name for name in COLUMNS[:9] if not row[name].strip()]
    if missing:
        yield f"nothing in {', '.join(missing)}"
    if row["category"] not in set(Category) or not re.fullmatch(rf"{row['category']}\d{{2,3}}", row["code"]):
        yield f"the code {row['code']} does not fit the category {row['category']}"
    if row["owner_agency_code"] not in agencies:
        yield f"there is no agency {row['owner_agency_code']}"
    if not re.fullmatch(r"\d{1,3}(\.5)?", row["hours"]) or float(row["hours"]) <= 0:
        yield f"{row['hours']} are no hours"
    external = [row["provider"], row["external_url"], row["launch"]]
    if any(external) and not (all(external) and row["launch"] in {"link", "lti"}):
        yield "an external course needs provider, address and launch (link or lti)"
    if row["external_url"] and not row["external_url"].startswith("https://"):
        yield "the address does not begin with https://"


def _entry(row: dict[str, str]) -> CatalogueEntry:
    return CatalogueEntry(
        code=row["code"],
        name_th=row["name_th"],
        name_en=row["name_en"],
        category=Category(row["category"]),
        owner_agency_code=row["owner_agency_code"],
        hours=float(row["hours"]),
        objective_th=row["objective_th"],
        target_group_th=row["target_group_th"],
        keywords=tuple(filter(None, map(str.strip, row["keywords"].split("|")))),
        provider=row["provider"],
        external_url=row["external_url"],
        launch=row["launch"],
    )
