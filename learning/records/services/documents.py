"""Documents of the state and profile resources, and the concurrency rules of Communication 3.1."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from learning.records import launches
from learning.records.errors import BadRequest, Conflict, PreconditionFailed
from learning.records.models import Document, Launch, Resource
from learning.records.xapi.index import activity_key
from learning.records.xapi.reading import read_json
from learning.records.xapi.rules import Broken
from learning.records.xapi.versions import Version

_JSON = "application/json"


@dataclass(frozen=True)
class Owner:
    """Whose documents: keys of an agent and an activity, each empty where the resource has none."""

    resource: Resource
    agent: str = ""
    activity: str = ""
    registration: UUID | None = None

    @property
    def key(self) -> UUID:
        """The one key of all of it."""
        parts = (str(int(self.resource)), self.agent, self.activity, str(self.registration or ""))
        return UUID(activity_key("|".join(parts)))


@dataclass(frozen=True)
class Conditions:
    """The If-Match and If-None-Match of a request."""

    match: str = ""
    none_match: str = ""

    def check(self, current: Document | None) -> None:
        """Raise PreconditionFailed where the document is not the one the request thinks it is."""
        if self.match and (current is None or not _names(self.match, current)):
            raise PreconditionFailed("If-Match: the document has changed or is gone")
        # What is to be replaced must be the same byte for byte, and a weak tag promises less; what must not
        # be there may be told by either (RFC 9110 13.1).
        none_match = self.none_match.replace("W/", "")
        if self.none_match and current is not None and _names(none_match, current):
            raise PreconditionFailed("If-None-Match: the document is already there")


def _names(header: str, document: Document) -> bool:
    """Say whether a list of tags has the document's. TinCanJS sends a tag without its quotation marks."""
    tags = [tag.strip() for tag in header.split(",")]
    return "*" in tags or document.etag in tags or f'"{document.etag}"' in tags


def get(owner: Owner, name: str) -> Document | None:
    """Return one document."""
    return Document.objects.filter(owner=owner.key, name=name).first()


def read(owner: Owner, name: str, launch: Launch | None) -> Document | None:
    """Return one document to whoever asked the store for it."""
    _ask_reading(launch, owner, name)
    return get(owner, name)


def names(
    owner: Owner, *, any_registration: bool, since: datetime | None, launch: Launch | None
) -> list[str]:
    """Return the names of documents, of those changed after `since` where that is given."""
    _ask_reading(launch, owner, "")
    rows = _all(owner, any_registration=any_registration)
    if since is not None:
        rows = rows.filter(updated_at__gt=since)
    return list(rows.order_by("name").values_list("name", flat=True).distinct())


def _all(owner: Owner, *, any_registration: bool) -> QuerySet[Document]:
    if not any_registration:
        return Document.objects.filter(owner=owner.key)
    return Document.objects.filter(
        resource=owner.resource, agent=UUID(owner.agent), activity=UUID(owner.activity)
    )


def put(
    owner: Owner,
    name: str,
    content: bytes,
    content_type: str,
    conditions: Conditions,
    version: Version,
    launch: Launch | None,
) -> Document:
    """Store a document in the place of another. Raises Conflict where that would be done unseen."""
    with transaction.atomic():
        _ask(launch, owner, name, "PUT")
        current = _locked(owner, name)
        needs_condition = version is Version.V2 or owner.resource != Resource.STATE
        if needs_condition and not (conditions.match or conditions.none_match):
            if current is not None:
                raise Conflict("the document exists: read it, and say which one you replace with If-Match")
            if version is Version.V1:
                raise BadRequest("If-Match or If-None-Match is required")
        conditions.check(current)
        return _save(owner, name, content, content_type, current)


def post(
    owner: Owner, name: str, content: bytes, content_type: str, conditions: Conditions, launch: Launch | None
) -> Document:
    """Store a document, or merge it into the one that is there where both are JSON objects."""
    with transaction.atomic():
        _ask(launch, owner, name, "POST")
        current = _locked(owner, name)
        conditions.check(current)
        is_json = _is_json(content_type)
        new = _read_object(content) if is_json else None
        if current is not None:
            if not is_json or not _is_json(current.content_type):
                raise BadRequest("only JSON documents are merged: replace this one with PUT")
            merged = _read_object(bytes(current.content)) | (new or {})
            content = _write(merged)
        return _save(owner, name, content, content_type, current)


def delete(owner: Owner, name: str, conditions: Conditions, launch: Launch | None) -> None:
    """Delete a document; one that is not there is deleted already."""
    with transaction.atomic():
        _ask(launch, owner, name, "DELETE")
        current = _locked(owner, name)
        conditions.check(current)
        if current is not None:
            current.delete()


def delete_all(owner: Owner, *, any_registration: bool, launch: Launch | None) -> None:
    """Delete all states of an agent in an activity."""
    with transaction.atomic():
        _ask(launch, owner, "", "DELETE")
        _all(owner, any_registration=any_registration).delete()


def _locked(owner: Owner, name: str) -> Document | None:
    return Document.objects.select_for_update(no_key=True).filter(owner=owner.key, name=name).first()


def _ask_reading(launch: Launch | None, owner: Owner, name: str) -> None:
    # Only rules may write here; every other reader goes without a transaction.
    if launches.rules_of(launch) is not None:
        with transaction.atomic():
            _ask(launch, owner, name, "GET")


# Before the document is locked: rules lock rows of their own, and their app writes documents after those.
def _ask(launch: Launch | None, owner: Owner, name: str, method: str) -> None:
    rules = launches.rules_of(launch)
    if rules is not None and launch is not None:
        rules.before_document(launch, owner.resource, name, method)


def _save(owner: Owner, name: str, content: bytes, content_type: str, current: Document | None) -> Document:
    document = current or Document(
        resource=owner.resource,
        owner=owner.key,
        name=name,
        agent=UUID(owner.agent) if owner.agent else None,
        activity=UUID(owner.activity) if owner.activity else None,
        registration=owner.registration,
    )
    document.content, document.content_type = content, content_type[:255]
    document.etag = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    document.updated_at = timezone.now()
    document.save()
    return document


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == _JSON


def _read_object(content: bytes) -> dict[str, Any]:
    try:
        value = read_json(content)
    except Broken as broken:
        raise BadRequest.because(broken) from broken
    if not isinstance(value, dict):
        raise BadRequest("only JSON objects are merged: replace this document with PUT")
    return value


def _write(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
