"""Files brought to a course: checked, kept where they are fit, and reported on either way."""

from collections.abc import Callable
from typing import BinaryIO

from django.db import transaction
from django.utils import translation

from courses.catalogue.models import Course
from courses.content.errors import PackageUnfit
from courses.content.services import packages
from courses.studio.models import UploadCheck
from learning.people import audit
from learning.people.models import Person


def take(
    course: Course,
    file: BinaryIO,
    name: str,
    *,
    actor: Person,
    progress: Callable[[int, int], object] = lambda _done, _all: None,
) -> UploadCheck:
    """Check an uploaded file, keep it for the course's agency if it has no errors, and keep the report.

    Call it outside a transaction: unpacking takes long, and what a killed process leaves is cleaned up by
    the content app.
    """
    package = None
    try:
        package = packages.keep(file, name, owner=course.owner, actor=actor, progress=progress)
    except PackageUnfit as unfit:
        # Whoever reads it later reads it in Thai, as that of a package that was kept.
        with translation.override("th"):
            report = unfit.report.as_dict()
    else:
        report = package.report
    with transaction.atomic():
        check = UploadCheck.objects.create(
            course=course, file_name=name[-255:], uploaded_by=actor, report=report, package=package
        )
        audit.record(
            actor,
            "studio.uploaded",
            course,
            file=name[-255:],
            status=report["status"],
            errors=len(report["errors"]),
            warnings=len(report["warnings"]),
            check=check.pk,
        )
    return check
