"""What the rules over kept packages can say no to."""

from django.utils.translation import gettext_lazy as _

from courses.packages.lint import Report
from learning.errors import DomainError


class PackageUnfit(DomainError):
    """The check found errors; `report` has all of them."""

    code = "package_unfit"
    status = 422
    message = _("The package has errors, so it was not kept. The report says what to mend.")

    def __init__(self, report: Report) -> None:
        self.report = report
        super().__init__()


class UploadTooLarge(DomainError):
    """The file is larger than any package may be, or than it was said to be."""

    code = "upload_too_large"
    status = 413
    message = _("The file is larger than 2 GB. Make videos smaller, or bring the course in parts.")


class UploadEmpty(DomainError):
    """Nothing would come."""

    code = "upload_empty"
    status = 400
    message = _("The file is empty. Choose another one.")


class UploadsFull(DomainError):
    """The agency keeps as much as it may, or the disk is full."""

    code = "uploads_full"
    status = 507
    message = _("There is no room for this file. Ask the administrator of the platform.")


class TooManyUploads(DomainError):
    """The person has begun several and finished none."""

    code = "too_many_uploads"
    status = 429
    message = _("Several of your uploads are unfinished. Finish or cancel one of them first.")


class UploadElsewhere(DomainError):
    """Somebody sends the same upload at this moment: the same person in another window."""

    code = "upload_busy"
    status = 423
    message = _("This file is being uploaded in another window.")


class OffsetDiffers(DomainError):
    """What was sent does not begin where what is here ends."""

    code = "offset_differs"
    message = _("This part does not follow the last one. Ask how much is here, and go on from there.")


class UploadOver(DomainError):
    """The upload is complete, cancelled or expired."""

    code = "upload_over"
    status = 410
    message = _("This upload is finished or was left for too long. Begin it again.")
