"""Notes of what happened in a room, and the pictures that go with them."""

import uuid
from datetime import datetime

from django.core.files.base import File
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from exams.registration.models import Placement
from exams.room.errors import BadPicture, PictureTooLarge
from exams.room.models import Incident
from exams.room.scopes import Scope
from learning.people import audit
from learning.people.models import Person

MAX_PICTURE_BYTES = 10 * 1024 * 1024
CONTENT_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
_START_BYTES = 12


def note(
    scope: Scope,
    text: str,
    *,
    actor: Person,
    now: datetime,
    placement: Placement | None = None,
    picture: UploadedFile | None = None,
) -> Incident:
    """Keep a note of an incident in a room. Raises BadPicture, PictureTooLarge."""
    kind = picture_type(picture) if picture is not None else ""
    with transaction.atomic():
        incident = Incident(
            round=scope.round,
            room=scope.room,
            placement=placement,
            text=text,
            author=actor,
            at=now,
        )
        if picture is not None:
            # A name nobody can guess, and nothing of the name the camera gave.
            incident.picture.save(f"{uuid.uuid4().hex}.{kind}", File(picture), save=False)
        incident.save(force_insert=True)
        audit.record(actor, "room.incident_noted", incident, room=incident.room_id, picture=kind)
    return incident


def picture_type(picture: UploadedFile) -> str:
    """Return the kind of a picture by its first bytes, not its name. Raises BadPicture, PictureTooLarge."""
    if (picture.size or 0) > MAX_PICTURE_BYTES:
        raise PictureTooLarge
    picture.seek(0)
    start = picture.read(_START_BYTES)
    picture.seek(0)
    if start.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if start.startswith(b"RIFF") and start[8:] == b"WEBP":
        return "webp"
    raise BadPicture
