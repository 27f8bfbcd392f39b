"""Domain errors: one class hierarchy, mapped to responses in one place."""

from collections.abc import Callable

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    JsonResponse,
    UnreadablePostError,
)
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """A rule of the domain said no. `code` is for machines, `message` a sentence for people."""

    code = "domain_error"
    status = 409
    message: str | Promise = _("This cannot be done now.")

    def __init__(self, message: str | Promise | None = None) -> None:
        if message is not None:
            self.message = message
        super().__init__(str(self.message))


class DomainErrorMiddleware:
    """Turn a DomainError that leaves a view into an error page, or JSON where JSON was asked for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on; errors come back through `process_exception`.

        Whoever signs in again after sending a form is led to its address, which takes forms only and
        answers with an empty page.
        """
        response = self.get_response(request)
        is_blank = isinstance(response, HttpResponseNotAllowed) and not response.content
        if not is_blank or request.method != "GET" or not request.accepts("text/html"):
            return response
        page = render(request, "errors/form_only.html", status=response.status_code)
        page.headers["Allow"] = response.headers["Allow"]
        return page

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer with the error's own status; any other exception is left to Django."""
        if isinstance(exception, UnreadablePostError):
            # Whoever closes a page while it is sending reads no answer, and nothing is wrong on this side.
            return HttpResponse(status=400)
        if not isinstance(exception, DomainError):
            return None
        if request.accepts("application/json") and not request.accepts("text/html"):
            body = {"error": exception.code, "message": str(exception.message)}
            return JsonResponse(body, status=exception.status)
        return render(request, "errors/domain.html", {"error": exception}, status=exception.status)
