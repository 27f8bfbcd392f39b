"""Domain errors become responses in one place."""

import io
import json

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.test import RequestFactory

from learning.errors import DomainError, DomainErrorMiddleware


class RoomClosedError(DomainError):
    code = "room_closed"
    status = 423
    message = "ห้องสอบปิดแล้ว"


def _answer(request: HttpRequest, error: Exception) -> HttpResponse | None:
    def view(_request: HttpRequest) -> HttpResponse:
        raise AssertionError

    return DomainErrorMiddleware(view).process_exception(request, error)


def test_a_machine_gets_typed_json_with_the_status_of_the_error(rf: RequestFactory):
    response = _answer(rf.get("/", headers={"accept": "application/json"}), RoomClosedError())
    assert response is not None
    assert response.status_code == 423
    assert json.loads(response.content) == {"error": "room_closed", "message": "ห้องสอบปิดแล้ว"}


def test_the_raiser_may_say_it_more_precisely(rf: RequestFactory):
    response = _answer(rf.get("/", headers={"accept": "application/json"}), RoomClosedError("ห้อง 3 ปิดแล้ว"))
    assert response is not None
    assert json.loads(response.content)["message"] == "ห้อง 3 ปิดแล้ว"


def test_other_exceptions_are_left_to_django(rf: RequestFactory):
    assert _answer(rf.get("/"), Http404()) is None


class _Gone(io.RawIOBase):
    """The body of somebody who closed the page while it was being sent."""

    def read(self, size: int = -1) -> bytes:
        raise ConnectionResetError(size)


def test_who_goes_away_inside_a_request_is_no_failure_of_ours(rf: RequestFactory):
    request = WSGIRequest(rf.post("/", b"half", content_type="text/plain").environ | {"wsgi.input": _Gone()})
    with pytest.raises(UnreadablePostError) as caught:
        _ = request.body
    response = _answer(request, caught.value)
    assert response is not None
    assert response.status_code == 400
