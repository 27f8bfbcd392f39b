"""Pictures that only some may see."""

from pathlib import PurePath

from django.db.models.fields.files import FieldFile
from django.http import Http404, HttpResponse

from exams.room.services.incidents import CONTENT_TYPES


def picture_response(picture: FieldFile, *, max_age: int) -> HttpResponse:
    """Return a picture from private storage for one person's browser. Raises Http404 where there is none.

    `max_age` is in seconds.
    """
    kind = PurePath(picture.name or "").suffix.lower().lstrip(".").replace("jpeg", "jpg")
    try:
        with picture.open() as file:
            response = HttpResponse(file.read(), content_type=CONTENT_TYPES[kind])
    except (FileNotFoundError, ValueError, KeyError) as error:
        raise Http404 from error
    response["Cache-Control"] = f"private, max-age={max_age}"
    response["X-Content-Type-Options"] = "nosniff"
    # A file that is a picture and something else at once must not become the something else.
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
