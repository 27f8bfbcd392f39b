"""Tools: registered, changed, connected with courses."""

from decimal import Decimal

from django.db import IntegrityError, transaction

from courses.catalogue.models import Course
from courses.catalogue.models import Launch as How
from courses.partners.errors import NotExternal
from courses.partners.models import Placement, Tool
from learning.people import audit
from learning.people.models import Person


@transaction.atomic
def save(tool: Tool, *, actor: Person) -> Tool:
    """Register a tool, or keep what was changed in one."""
    action = "partners.tool_changed" if tool.pk else "partners.tool_registered"
    tool.save()
    audit.record(actor, action, tool, name=tool.name, in_use=tool.is_active)
    return tool


@transaction.atomic
def connect(tool: Tool, course: Course, *, pass_mark: Decimal, actor: Person) -> Placement:
    """Open a course through a tool. Raises NotExternal for one that has no LTI launch, or has a tool."""
    if course.launch != How.LTI or course.retired_at:
        raise NotExternal
    try:
        with transaction.atomic():
            placement = Placement.objects.create(tool=tool, course=course, pass_mark=pass_mark)
    except IntegrityError:
        raise NotExternal from None
    audit.record(actor, "partners.course_connected", tool, code=course.code, pass_mark=str(pass_mark))
    return placement


@transaction.atomic
def disconnect(placement: Placement, *, actor: Person) -> None:
    """Open the course through the tool no longer; what was reported stays."""
    audit.record(actor, "partners.course_disconnected", placement.tool, code=placement.course.code)
    placement.delete()
