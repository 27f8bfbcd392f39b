"""The page on which a list is uploaded: checked at once, and nothing of it kept before somebody confirms."""

from collections.abc import Callable
from typing import Any, BinaryIO, TypeVar

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from learning.portal.forms import form_page
from learning.spreadsheets import SpreadsheetError

Found = TypeVar("Found")


def list_page(
    request: HttpRequest,
    form: Form,
    *,
    check: Callable[[BinaryIO, str], Found],
    seal: Callable[[Found], str],
    pages: tuple[str, str],
    context: dict[str, Any],
) -> HttpResponse:
    """Ask for a list; once there is one, show what `check` found in it, as `seal` closed it.

    `pages` are the templates of both. A file that is no table, or too large, is said at the form's `file`.
    """
    asked, checked = pages
    if request.method == "POST" and form.is_valid():
        try:
            upload = form.cleaned_data["file"]
            found = check(upload, upload.name)
        except SpreadsheetError as error:
            form.add_error("file", str(error.message))
        else:
            return render(request, checked, context | {"check": found, "sealed": seal(found)})
    return form_page(request, asked, context | {"form": form})
