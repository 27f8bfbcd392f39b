"""What only its kind of unit knows, as it is kept in `Unit.content`.

Written by the studio and the loader, read by the player; whatever does not fit is refused before it is kept.
"""

from enum import StrEnum
from typing import Annotated, Any

import msgspec

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]


class TestRole(StrEnum):
    """What a test is for. A pre-test never keeps anybody out; the post-test is what completion asks for."""

    # Not a test of this code.
    __test__ = False

    PRE = "pre"
    CHECK = "check"
    POST = "post"


class Question(msgspec.Struct):
    """A question with one right answer; `key` counts from 0. A loaded one has more fields, left unread."""

    stem: _Text
    options: Annotated[list[_Text], msgspec.Meta(min_length=2, max_length=6)]
    key: Annotated[int, msgspec.Meta(ge=0)]
    explanation: str = ""

    def __post_init__(self) -> None:
        if self.key >= len(self.options):
            raise ValueError("key names no option")


class BankDraw(msgspec.Struct, forbid_unknown_fields=True):
    """Questions drawn anew for every try from approved items of an item bank; no topics mean all."""

    bank: str
    count: Annotated[int, msgspec.Meta(ge=1, le=200)]
    topics: list[str] = []


class TestContent(msgspec.Struct):
    """A test: its own questions, or what to draw. 0 tries or minutes mean as many as one likes."""

    __test__ = False

    items: Annotated[list[Question], msgspec.Meta(max_length=200)] = []
    draw: BankDraw | None = None
    role: TestRole = TestRole.CHECK
    pass_percent: Annotated[int, msgspec.Meta(ge=0, le=100)] = 60
    tries: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0
    minutes: Annotated[int, msgspec.Meta(ge=0, le=600)] = 0

    def __post_init__(self) -> None:
        if bool(self.items) == (self.draw is not None):
            raise ValueError("a test has questions of its own or draws them")


class VideoContent(msgspec.Struct, forbid_unknown_fields=True):
    """A video, whose file is the unit's and whose transcript is the unit's text; captions as WebVTT."""

    captions: Annotated[str, msgspec.Meta(max_length=500_000)] = ""


class SurveyKind(StrEnum):
    """How a question of a survey is answered."""

    SCALE = "scale"
    COMMENT = "comment"


class SurveyQuestion(msgspec.Struct, forbid_unknown_fields=True):
    """A question of a survey; `id` stays when its words are corrected."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,20}$")]
    text: _Text
    kind: SurveyKind = SurveyKind.SCALE
    is_required: bool = True


class SurveyContent(msgspec.Struct, forbid_unknown_fields=True):
    """A survey: statements on the five-point scale (5 most, 1 least), and comments."""

    questions: Annotated[list[SurveyQuestion], msgspec.Meta(min_length=1, max_length=50)]

    def __post_init__(self) -> None:
        if len({question.id for question in self.questions}) < len(self.questions):
            raise ValueError("two questions have the same id")


def read_test(content: Any) -> TestContent:
    """Read what a test unit holds. Raises msgspec.ValidationError."""
    return msgspec.convert(content, TestContent)


def read_survey(content: Any) -> SurveyContent:
    """Read what a survey unit holds. Raises msgspec.ValidationError."""
    return msgspec.convert(content, SurveyContent)


def read_video(content: Any) -> VideoContent:
    """Read what a video unit holds. Raises msgspec.ValidationError."""
    return msgspec.convert(content, VideoContent)
