"""The verbs, activity types and extensions of our own statements; docs/xapi-profile.md lists them.

First what cmi5, the video profile and ADL define; nothing of our own where one of them has a word.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_ADL = "http://adlnet.gov/expapi/verbs/"
_W3ID = "https://w3id.org/xapi/adl/verbs/"
_VIDEO = "https://w3id.org/xapi/video/"
_TYPES = "http://adlnet.gov/expapi/activities/"


@dataclass(frozen=True)
class Verb:
    """A verb: its id, what it is called in statements, and what a timeline says."""

    iri: str
    english: str
    thai: str
    # With "%(what)s" for the name of the object.
    sentence: str | Promise


REGISTERED = Verb(_ADL + "registered", "registered", "ลงทะเบียน", _("Enrolled in %(what)s"))
UNREGISTERED = Verb(
    "http://id.tincanapi.com/verb/unregistered", "unregistered", "ยกเลิกการลงทะเบียน", _("Left %(what)s")
)
LAUNCHED = Verb(_ADL + "launched", "launched", "เปิดบทเรียน", _("Opened %(what)s"))
INITIALIZED = Verb(_ADL + "initialized", "initialized", "เริ่ม", _("Began %(what)s"))
ATTEMPTED = Verb(_ADL + "attempted", "attempted", "ทำ", _("Took %(what)s"))
PROGRESSED = Verb(_ADL + "progressed", "progressed", "เรียนคืบหน้า", _("Went on with %(what)s"))
EXPERIENCED = Verb(_ADL + "experienced", "experienced", "เรียน", _("Studied %(what)s"))
ANSWERED = Verb(_ADL + "answered", "answered", "ตอบ", _("Answered %(what)s"))
COMPLETED = Verb(_ADL + "completed", "completed", "เรียนจบ", _("Completed %(what)s"))
PASSED = Verb(_ADL + "passed", "passed", "ผ่าน", _("Passed %(what)s"))
FAILED = Verb(_ADL + "failed", "failed", "ไม่ผ่าน", _("Did not pass %(what)s"))
TERMINATED = Verb(_ADL + "terminated", "terminated", "จบการเรียนครั้งนี้", _("Ended a session of %(what)s"))
SATISFIED = Verb(_W3ID + "satisfied", "satisfied", "ครบเงื่อนไข", _("Fulfilled %(what)s"))
ABANDONED = Verb(_W3ID + "abandoned", "abandoned", "ออกโดยไม่จบ", _("Left %(what)s without ending it"))
WAIVED = Verb(_W3ID + "waived", "waived", "ได้รับยกเว้น", _("Was excused from %(what)s"))
PLAYED = Verb(_VIDEO + "verbs/played", "played", "เล่นวิดีโอ", _("Played %(what)s"))
PAUSED = Verb(_VIDEO + "verbs/paused", "paused", "หยุดวิดีโอ", _("Paused %(what)s"))
SEEKED = Verb(_VIDEO + "verbs/seeked", "seeked", "เลื่อนวิดีโอ", _("Moved within %(what)s"))
SUSPENDED = Verb(_ADL + "suspended", "suspended", "พักการเรียนไว้", _("Left %(what)s to go on later"))
RESUMED = Verb(_ADL + "resumed", "resumed", "เรียนต่อ", _("Came back to %(what)s"))
EARNED = Verb("http://id.tincanapi.com/verb/earned", "earned", "ได้รับ", _("Earned %(what)s"))
# Of a certificate that was revoked; nobody who defines words for learning has one for it.
LOST = Verb("http://activitystrea.ms/schema/1.0/lose", "lost", "ถูกเพิกถอน", _("Had %(what)s revoked"))
VOIDED = Verb(_ADL + "voided", "voided", "เพิกถอน", _("Withdrew a record"))

VERBS = {
    verb.iri: verb
    for verb in (
        REGISTERED, UNREGISTERED, LAUNCHED, INITIALIZED, ATTEMPTED, PROGRESSED, EXPERIENCED, ANSWERED,
        COMPLETED, PASSED, FAILED, TERMINATED, SATISFIED, ABANDONED, WAIVED,
        PLAYED, PAUSED, SEEKED, SUSPENDED, RESUMED, EARNED, LOST, VOIDED,
    )
}  # fmt: skip


# What content of others says often, in the words of its tools (H5P, Storyline) and of the lists of ADL and
# Tin Can; the platform itself never does. By the last part of the id: several lists have the same verb.
OF_OTHERS: dict[str, str | Promise] = {
    "interacted": _("Worked on %(what)s"),
    "responded": _("Answered %(what)s"),
    "mastered": _("Mastered %(what)s"),
    "scored": _("Got a score for %(what)s"),
    "exited": _("Ended a session of %(what)s"),
    "consume": _("Went through %(what)s"),
    "consumed": _("Went through %(what)s"),
    "viewed": _("Looked at %(what)s"),
    "read": _("Read %(what)s"),
    "downloaded": _("Downloaded %(what)s"),
    "skipped": _("Skipped %(what)s"),
    "shared": _("Shared %(what)s"),
    "commented": _("Commented on %(what)s"),
    "attended": _("Attended %(what)s"),
    "created-content": _("Wrote in %(what)s"),
}


class Type:
    """Types of activities."""

    PROGRAMME = "https://w3id.org/xapi/cmi5/activitytype/block"
    COURSE = "https://w3id.org/xapi/cmi5/activitytype/course"
    LESSON = _TYPES + "lesson"
    MODULE = _TYPES + "module"
    ASSESSMENT = _TYPES + "assessment"
    QUESTION = _TYPES + "cmi.interaction"
    SURVEY = "http://id.tincanapi.com/activitytype/survey"
    VIDEO = _VIDEO + "activity-type/video"
    CERTIFICATE = "https://www.opigno.org/en/tincan_registry/activity_type/certificate"


# Where the kind of activity asks for other words.
SENTENCES: dict[tuple[str, str], str | Promise] = {
    (REGISTERED.iri, Type.ASSESSMENT): _("Was entered for %(what)s"),
    (INITIALIZED.iri, Type.ASSESSMENT): _("Began to take %(what)s"),
    (COMPLETED.iri, Type.ASSESSMENT): _("Handed in %(what)s"),
    (TERMINATED.iri, Type.ASSESSMENT): _("Came to the end of the time for %(what)s"),
    (COMPLETED.iri, Type.VIDEO): _("Watched %(what)s to the end"),
    (ANSWERED.iri, Type.SURVEY): _("Answered the questions of %(what)s"),
}


VIDEO_PROFILE = "https://w3id.org/xapi/video"


class Extension:
    """Extensions of results and contexts."""

    # A whole number from 0 to 100.
    PROGRESS = "https://w3id.org/xapi/cmi5/result/extensions/progress"
    # Seconds from the beginning of a video, and its length.
    TIME = _VIDEO + "extensions/time"
    TIME_FROM = _VIDEO + "extensions/time-from"
    TIME_TO = _VIDEO + "extensions/time-to"
    VIDEO_LENGTH = _VIDEO + "extensions/length"
    VIDEO_SESSION = _VIDEO + "extensions/session-id"
