"""The part of a page that uploads a file in pieces."""

from typing import Any

from django import template
from django.template.context import RequestContext
from django.urls import reverse
from django.utils.translation import gettext as _

from courses.content.services.uploads import unfinished
from courses.packages.archive import DEFAULT_LIMITS

register = template.Library()


@register.inclusion_tag("content/parts/upload.html", takes_context=True)
def resumable_upload(context: RequestContext, destination: str, key: str) -> dict[str, Any]:
    """Let the file field of the form around it upload in pieces; `destination` as in the registry.

    Without scripts the form sends the file as forms do.
    """
    waiting = [
        {
            "id": str(upload.pk),
            "url": reverse("content:upload", args=[upload.pk]),
            "name": upload.file_name,
            "size": upload.size,
            "offset": upload.offset,
        }
        for upload in unfinished(context["request"].user, destination, key)
    ]
    words = {
        "uploading": _("Uploading: %(percent)s%%, %(done)s of %(total)s MB"),
        "paused": _("Paused at %(percent)s%%. What has been uploaded stays for a day."),
        "waiting": _("The connection is lost. The upload goes on by itself as soon as it is back."),
        "checking": _("Everything is uploaded. The file is being checked."),
        "unpacking": _("The file is being checked: %(percent)s%%"),
        "failed": _("The upload has stopped. Reload the page and choose the same file to go on."),
        "tooLarge": _("The file is larger than 2 GB. Make videos smaller, or bring the course in parts."),
    }
    data = {
        "endpoint": reverse("content:uploads"),
        "destination": destination,
        "key": key,
        "most": DEFAULT_LIMITS.upload,
        "waiting": waiting,
        "words": words,
    }
    return {"waiting": waiting, "data": data}
