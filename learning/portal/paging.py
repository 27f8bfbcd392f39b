"""Pagination of lists."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models.query import QuerySet
from django.http import HttpRequest

PAGE_SIZE = 25


def page_of(request: HttpRequest, rows: "QuerySet[Any, Any]", size: int = PAGE_SIZE) -> Page[Any]:
    """Return the page that `?page=` asks for; a number that does not exist gives the nearest."""
    return Paginator(rows, size).get_page(request.GET.get("page"))
