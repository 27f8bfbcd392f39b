"""What a course package is, whatever format it came in. Every reader returns this."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum


class Kind(StrEnum):
    """The formats that can be brought; the value is shown in reports and kept with the course."""

    SCORM_12 = "scorm-1.2"
    SCORM_2004_3 = "scorm-2004-3"
    SCORM_2004_4 = "scorm-2004-4"
    CMI5 = "cmi5"
    XAPI = "xapi"
    H5P = "h5p"
    HTML = "html"
    MP4 = "mp4"
    PDF = "pdf"


@dataclass(frozen=True)
class File:
    """One file: its path in the package, its bytes, and what its content is (never what its name says)."""

    path: str
    size: int
    media_type: str


@dataclass(frozen=True)
class Reference:
    """A path that a manifest says is in the package, with the place where it says so."""

    target: str
    file: str
    line: int
    # What nobody can start without; other files are sometimes listed and never used.
    needed: bool = False


@dataclass(frozen=True)
class SharedData:
    """A store that lessons share by its name, and what one of them may do with it."""

    target: str
    reads: bool = True
    writes: bool = True


@dataclass(frozen=True, kw_only=True)
class ScormSettings:
    """What SCORM hands to its run-time for one unit; texts stay as the manifest has them."""

    is_sco: bool = True
    is_visible: bool = True
    time_limit_action: str = ""
    prerequisites: str = ""
    data_from_lms: str = ""
    # 2004 only: the measure of progress that completes, and the sequencing rules as self-contained XML.
    completion_threshold: Decimal | None = None
    progress_weight: Decimal = Decimal(1)
    sequencing: str = ""
    # Controls of the player that the lesson brings itself: continue, previous, exit, …
    hidden_controls: tuple[str, ...] = ()
    # Fourth edition: data that outlives the lesson.
    shared_data: tuple[SharedData, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Cmi5Settings:
    """What cmi5 says about one assignable unit (cmi5 specification, section 13)."""

    move_on: str = "NotApplicable"
    launch_method: str = "AnyWindow"
    launch_parameters: str = ""
    activity_type: str = ""
    entitlement_key: str = ""


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A lesson that can be started, or a heading over others (then `href` is empty).

    `href` is a path in the package, or an address where the author keeps the lesson elsewhere. The mastery
    score is a share: 0.8 for eighty of a hundred.
    """

    id: str
    title: str
    href: str = ""
    parameters: str = ""
    mastery_score: Decimal | None = None
    max_time: timedelta | None = None
    objectives: tuple[str, ...] = ()
    scorm: ScormSettings | None = None
    cmi5: Cmi5Settings | None = None
    units: tuple["Unit", ...] = ()

    def walk(self) -> Iterator["Unit"]:
        """Yield this unit and all under it, in the order of the manifest."""
        yield self
        for unit in self.units:
            yield from unit.walk()


@dataclass(frozen=True)
class Library:
    """An H5P library in the version that others ask for."""

    name: str
    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.name} {self.major}.{self.minor}"


@dataclass(frozen=True, kw_only=True)
class H5PSettings:
    """What plays an H5P package."""

    main: Library | None
    embed_types: tuple[str, ...] = ()
    libraries: tuple[Library, ...] = ()
    missing: tuple[Library, ...] = ()
    # It never says that somebody has finished, so that its learner does; None where nobody has looked yet.
    is_silent: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Video:
    """What an MP4 file says about itself; codecs by their four letters."""

    duration: timedelta
    codecs: tuple[str, ...]
    # Its table of contents comes first, so that it plays while it is loading.
    starts_fast: bool = True


@dataclass(frozen=True, kw_only=True)
class Document:
    """What a PDF says about itself."""

    pages: int


@dataclass(frozen=True, kw_only=True)
class Package:
    """A package that could be read. `manifest` is the file that describes it, empty where none does."""

    kind: Kind
    title: str
    # The publisher's id of the whole course, where the format has one (cmi5).
    id: str = ""
    language: str = ""
    units: tuple[Unit, ...]
    manifest: str = ""
    files: tuple[File, ...] = ()
    references: tuple[Reference, ...] = ()
    # SCORM 2004: sequencing rules of the whole organization, as self-contained XML.
    sequencing: str = ""
    # The measure of progress that completes all of it (fourth edition).
    completion_threshold: Decimal | None = None
    # Whether its shared objectives outlive an attempt at the whole.
    shares_objectives: bool = True
    # The same of the data that its lessons share (fourth edition).
    shares_data: bool = True
    # What statements of the package are about besides its units, as tincan.xml lists it.
    activities: tuple[str, ...] = ()
    h5p: H5PSettings | None = None
    video: Video | None = None
    document: Document | None = None

    @property
    def size(self) -> int:
        """Return the bytes of all files, unpacked."""
        return sum(file.size for file in self.files)

    def walk(self) -> Iterator[Unit]:
        """Yield all units, headings too, in the order of the manifest."""
        for unit in self.units:
            yield from unit.walk()

    @property
    def entry(self) -> str:
        """Return where the first lesson starts, empty where there is none."""
        return next((unit.href for unit in self.launchable), "")

    @property
    def launchable(self) -> list[Unit]:
        """Return the units that can be started, in order."""
        return [unit for unit in self.walk() if unit.href]
