"""Demonstration data: a learner on the way through the course on the Act. Never loaded in production."""

from courses.catalogue import demo as catalogue_demo
from courses.catalogue.models import CourseVersion, VersionStatus
from courses.player.models import Registration
from courses.player.services.registrations import register
from learning.people import demo as people_demo

CODE = "KD10"


def load() -> None:
    """Register the demonstration's learner for the course unless that was done before."""
    catalogue_demo.load()
    learner = people_demo.load()["learner"]
    if Registration.objects.filter(person=learner, version__course__code=CODE).exists():
        return
    register(learner, CourseVersion.objects.get(course__code=CODE, status=VersionStatus.PUBLISHED))
