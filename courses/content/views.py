"""Uploads in pieces over HTTP: tus 1.0 (core, creation, expiration, termination), and how far one is as JSON.

Only who began an upload finds it; to everybody else it is not there.
"""

import base64
import binascii
import re
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from courses.content import registry
from courses.content.models import Upload, UploadStatus
from courses.content.services import uploads
from courses.content.tasks import start_check
from courses.packages.archive import DEFAULT_LIMITS
from learning.errors import DomainError
from learning.people.access import PersonRequest
from learning.people.models import Person

_VERSION = "1.0.0"
_PIECE = "application/offset+octet-stream"
_NUMBER = re.compile(r"[0-9]{1,15}")
View = Callable[..., HttpResponse]


def _tus(view: View) -> View:
    """Answer in the form that programs read: typed JSON, the headers of the protocol, nothing kept."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = _asked(view, request, *args, **kwargs)
        except DomainError as error:
            response = _error(error.code, error.message, error.status)
        except PermissionDenied:
            response = _error("not_allowed", _("You may not upload here."), 403)
        except Http404:
            response = _error("not_found", _("There is no such upload."), 404)
        response["Tus-Resumable"] = _VERSION
        response["Cache-Control"] = "no-store"
        return response

    return answered


def _asked(view: View, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    if not isinstance(request.user, Person):
        return _error("not_signed_in", _("Sign in again, then go on with the upload."), 401)
    is_protocol = request.method in {"POST", "HEAD", "PATCH", "DELETE"}
    if is_protocol and request.headers.get("Tus-Resumable") != _VERSION:
        response = _error("version", "Tus-Resumable: 1.0.0", 412)
        response["Tus-Version"] = _VERSION
        return response
    return view(request, *args, **kwargs)


def _error(code: str, message: object, status: int) -> JsonResponse:
    return JsonResponse({"error": code, "message": str(message)}, status=status)


@require_http_methods(["OPTIONS", "POST"])
@_tus
def index(request: PersonRequest) -> HttpResponse:
    """Say what is understood here, or begin an upload."""
    if request.method == "OPTIONS":
        response = HttpResponse(status=204)
        response["Tus-Version"] = _VERSION
        response["Tus-Extension"] = "creation,expiration,termination"
        response["Tus-Max-Size"] = str(DEFAULT_LIMITS.upload)
        return response
    size = _number(request, "Upload-Length")
    said = _metadata(request.headers.get("Upload-Metadata", ""))
    destination = registry.destination(said.get("destination", ""))
    if size is None or said.get("filename") is None or destination is None:
        return _error("malformed", "Upload-Length, Upload-Metadata: filename, destination, key", 400)
    key = said.get("key", "")
    upload = uploads.begin(
        request.user,
        owner=destination.owner(request.user, key),
        destination=said["destination"],
        key=key,
        name=said["filename"],
        size=size,
    )
    response = HttpResponse(status=201)
    response["Location"] = request.build_absolute_uri(reverse("content:upload", args=[upload.pk]))
    return _with_state(response, 0)


@require_http_methods(["GET", "HEAD", "PATCH", "DELETE"])
@_tus
def upload(request: PersonRequest, pk: UUID) -> HttpResponse:
    """Take a piece, say how much is here, or cancel."""
    found = Upload.objects.select_related("owner").filter(pk=pk, person=request.user).first()
    if found is None:
        raise Http404
    return _METHODS[request.method or ""](request, found)


def _head(_request: PersonRequest, found: Upload) -> HttpResponse:
    response = HttpResponse()
    response["Upload-Length"] = str(found.size)
    return _with_state(response, uploads.durable_offset(found))


def _patch(request: PersonRequest, found: Upload) -> HttpResponse:
    if request.content_type != _PIECE:
        return _error("media_type", _PIECE, 415)
    offset = _number(request, "Upload-Offset")
    if offset is None:
        return _error("malformed", "Upload-Offset", 400)
    here = uploads.receive(found, offset, request)
    _check_if_complete(found, here)
    return _with_state(HttpResponse(status=204), here)


def _delete(_request: PersonRequest, found: Upload) -> HttpResponse:
    uploads.cancel(found)
    return HttpResponse(status=204)


def _get(_request: PersonRequest, found: Upload) -> HttpResponse:
    """Say how far it is; and begin the check where the process was killed right before."""
    _check_if_complete(found, found.offset)
    found.refresh_from_db()
    said = {name: getattr(found, name) for name in ("status", "offset", "size", "done", "total", "address")}
    if found.status == UploadStatus.FAILED:
        said["message"] = _("The file could not be checked. Upload it again, or tell the administrator.")
    return JsonResponse(said)


_METHODS: dict[str, Callable[[PersonRequest, Upload], HttpResponse]] = {
    "GET": _get,
    "HEAD": _head,
    "PATCH": _patch,
    "DELETE": _delete,
}


def _check_if_complete(found: Upload, here: int) -> None:
    if here == found.size and found.status == UploadStatus.RECEIVING:
        with transaction.atomic():
            if uploads.complete(found, now=timezone.now()):
                transaction.on_commit(lambda: start_check(found.pk))


def _with_state(response: HttpResponse, offset: int) -> HttpResponse:
    response["Upload-Offset"] = str(offset)
    response["Upload-Expires"] = http_date((timezone.now() + uploads.EXPIRES_AFTER).timestamp())
    return response


def _number(request: HttpRequest, header: str) -> int | None:
    text = request.headers.get(header, "")
    return int(text) if _NUMBER.fullmatch(text) else None


def _metadata(header: str) -> dict[str, str]:
    """Read ``filename d29ya.., key S0Q5MA==``; what cannot be read is left out."""
    said = {}
    for pair in header.split(","):
        name, _space, value = pair.strip().partition(" ")
        try:
            text = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            continue
        # No database keeps it.
        if "\0" not in text:
            said[name] = text
    return said
