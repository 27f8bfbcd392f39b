"""What every page gets: the choices of its reader, language and numerals, and how it travels and is kept."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers

from learning.portal import preferences


class LanguageMiddleware:
    """Answer in Thai unless the person switched.

    Django's own middleware follows Accept-Language, and many Thai offices run browsers that ask for
    English: see docs/decisions/0003-thai-unless-switched.md.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Activate the language of the cookie for this request."""
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
            patch_vary_headers(response, ("Cookie",))
            response.headers.setdefault("Content-Language", language)
        return response


class NumeralsMiddleware:
    """Let the portal's filters know whether this person asked for Thai numerals."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Hold the preference of the cookie while the request is answered."""
        with preferences.numerals(request.COOKIES.get(preferences.NUMERALS_COOKIE, "")):
            return self.get_response(request)


class PrivatePagesMiddleware:
    """Keep what a signed-in person saw out of the browser's memory.

    Offices share computers: after signing out, the next person could step back through the pages.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Forbid storing an answer that was made for somebody, unless its view has said otherwise."""
        response = self.get_response(request)
        # Whoever did not look into the session answered nobody in particular.
        if request.session.accessed and SESSION_KEY in request.session:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class CompressionMiddleware:
    """Send pages compressed: Thai takes three bytes a letter, and phones pay for each.

    Only pages: files are compressed as they are, and the tags of stored documents must stay what they were.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        # It adds a random length to each, so that what stands beside a secret is not guessed by the size.
        self.gzip = GZipMiddleware(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Compress a page for a browser that takes it so."""
        response = self.get_response(request)
        is_page = response.headers.get("Content-Type", "").startswith("text/html") and not response.streaming
        return self.gzip.process_response(request, response) if is_page else response
