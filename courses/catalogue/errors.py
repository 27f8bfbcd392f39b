"""What the rules of the catalogue can say no to."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from learning.errors import DomainError


class VersionFrozen(DomainError):
    """Topics or units of a version would change that is no longer being written."""

    code = "version_frozen"
    message = _("This version is no longer being written, so it cannot be changed. Write the next version.")


class VersionNotApproved(DomainError):
    """Only an approved version can be published."""

    code = "version_not_approved"
    message = _("Only a version that has been approved can be published.")


class VersionInWork(DomainError):
    """A course has one unfinished version at a time."""

    code = "version_in_work"
    message = _("The next version of this course is already being prepared. Finish that one first.")


class EmptyVersion(DomainError):
    """A version without topics teaches nothing."""

    code = "empty_version"
    message = _("This version has no topics yet. Write at least one.")


class CodeTaken(DomainError):
    """Another course or curriculum has the code."""

    code = "code_taken"
    message = _("This code is already in use. Choose another one.")


class InvalidCourse(DomainError):
    """What was given cannot be a course."""

    code = "invalid_course"
    status = 422
    message: str | Promise = _("This cannot be a course.")


class CourseRetired(DomainError):
    """The course is no longer offered."""

    code = "course_retired"
    message = _("This course is no longer offered.")


class OwnerUnknown(DomainError):
    """No agency has the code given for the owner."""

    code = "owner_unknown"
    status = 422
    message = _("No agency has this code.")


class OwnerDiffers(DomainError):
    """A course that exists keeps its owner."""

    code = "owner_differs"
    message = _("The course belongs to another agency. Leave the owner out, or name that agency.")
