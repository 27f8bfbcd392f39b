"""The words of LTI 1.3 and of Assignment and Grade Services 2.0, and the messages made of them.

Sections are those of the IMS LTI Core 1.3, Security Framework 1.0 and AGS 2.0 specifications.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from courses.partners.errors import ScoreRefused

_CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
_AGS = "https://purl.imsglobal.org/spec/lti-ags/"
_LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
_COURSE = "http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering"

SCOPE_LINE_ITEM = f"{_AGS}scope/lineitem.readonly"
SCOPE_RESULT = f"{_AGS}scope/result.readonly"
SCOPE_SCORE = f"{_AGS}scope/score"
SCOPES = (SCOPE_LINE_ITEM, SCOPE_RESULT, SCOPE_SCORE)

LINE_ITEM = "application/vnd.ims.lis.v2.lineitem+json"
LINE_ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"
SCORE = "application/vnd.ims.lis.v1.score+json"
SCORE_MAXIMUM = 100

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

_BEYOND = 10**9
_ACTIVITY = ("Initialized", "Started", "InProgress", "Submitted", "Completed")
_GRADING = ("FullyGraded", "Pending", "PendingManual", "Failed", "NotReady")


@dataclass(frozen=True)
class Link:
    """What a launch opens, in the tool's words."""

    id: str
    target: str
    deployment: str
    code: str
    title: str
    return_url: str
    line_items: str
    line_item: str


def launch_claims(link: Link, *, platform_id: str, platform_name: str, locale: str) -> dict[str, Any]:
    """Return the claims of a resource link launch (LTI Core 5.3), those about the person excepted."""
    return {
        f"{_CLAIM}message_type": "LtiResourceLinkRequest",
        f"{_CLAIM}version": "1.3.0",
        f"{_CLAIM}deployment_id": link.deployment,
        f"{_CLAIM}target_link_uri": link.target,
        f"{_CLAIM}resource_link": {"id": link.id, "title": link.title},
        f"{_CLAIM}roles": [_LEARNER],
        f"{_CLAIM}context": {"id": link.id, "label": link.code, "title": link.title, "type": [_COURSE]},
        f"{_CLAIM}tool_platform": {"guid": platform_id, "name": platform_name},
        f"{_CLAIM}launch_presentation": {
            "document_target": "window",
            "return_url": link.return_url,
            "locale": locale,
        },
        f"{_AGS}claim/endpoint": {
            "scope": list(SCOPES),
            "lineitems": link.line_items,
            "lineitem": link.line_item,
        },
    }


@dataclass(frozen=True)
class Score:
    """A score as a tool sent it (AGS 3.4)."""

    user: str
    at: datetime
    share: Decimal | None
    is_final: bool


def read_score(sent: Any) -> Score:
    """Return what a tool sent as a score. Raises ScoreRefused with what is wrong."""
    if not isinstance(sent, Mapping):
        raise ScoreRefused("A score is a JSON object.")
    user, activity, grading = sent.get("userId"), sent.get("activityProgress"), sent.get("gradingProgress")
    if not isinstance(user, str) or not user:
        raise ScoreRefused("userId is missing.")
    if activity not in _ACTIVITY:
        raise ScoreRefused("activityProgress is not one of the values of AGS.")
    if grading not in _GRADING:
        raise ScoreRefused("gradingProgress is not one of the values of AGS.")
    is_final = activity == "Completed" and grading == "FullyGraded"
    return Score(user, _timestamp(sent.get("timestamp")), _share(sent), is_final)


def _timestamp(value: object) -> datetime:
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        raise ScoreRefused("timestamp is not a time of ISO 8601.") from None
    if at.tzinfo is None:
        raise ScoreRefused("timestamp has no time zone.")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ScoreRefused("timestamp is before the year 1.") from None


def _share(sent: Mapping[str, Any]) -> Decimal | None:
    if sent.get("scoreGiven") is None:
        return None
    given, maximum = _number(sent, "scoreGiven"), _number(sent, "scoreMaximum")
    if given < 0 or maximum <= 0:
        raise ScoreRefused("scoreGiven is below 0, or scoreMaximum is not above it.")
    # Extra credit may lift a score over its maximum (AGS 3.4.5); a share ends at one.
    return min(given / maximum, Decimal(1)).quantize(Decimal("0.0001"))


def _number(sent: Mapping[str, Any], name: str) -> Decimal:
    value = sent.get(name)
    # Numbers beyond any mark are none: an integer may have more digits than a float can hold.
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _BEYOND:
        raise ScoreRefused(f"{name} is not a number.")
    return Decimal(str(value))
