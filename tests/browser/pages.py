"""Pages for tests beside those of the portal: one with an upload in pieces, one that frames anything."""

from csp.decorators import csp_exempt
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from learning.urls import urlpatterns as portal

_PAGE = """
{% extends "portal/base.html" %}{% load content %}
{% block title %}ส่งไฟล์{% endblock %}
{% block content %}
<h1>ส่งไฟล์</h1>
<form method="post" enctype="multipart/form-data">
  {% csrf_token %}
  <label for="file">ไฟล์</label> <input id="file" type="file" name="file">
  {% resumable_upload "test" "KD90" %}
  <button class="btn btn-primary" type="submit">ส่ง</button>
</form>
{% endblock %}
"""


def page(request: HttpRequest) -> HttpResponse:
    """Show the form; without scripts it sends the file as forms do."""
    if request.method == "POST":
        return HttpResponse(f"{request.FILES['file'].size} bytes", content_type="text/plain")  # type: ignore[union-attr]
    return HttpResponse(engines["django"].from_string(_PAGE).render({}, request))


@csp_exempt()  # type: ignore[untyped-decorator]
def framing(_request: HttpRequest) -> HttpResponse:
    """Show nothing, and forbid nothing."""
    return HttpResponse("<title>secret</title><body>")


urlpatterns = [*portal, path("upload-here/", page), path("framing/", framing)]
