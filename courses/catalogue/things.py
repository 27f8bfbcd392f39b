"""What learning records call what is in the catalogue: one activity each, under the same id in every app."""

from courses.catalogue.models import Course, Curriculum
from learning.records.services.outbox import Thing
from learning.records.vocabulary import Type


def of_course(course: Course) -> Thing:
    """Return a course."""
    return Thing("course", course.code, Type.COURSE, course.name_th, course.name_en)


def of_partners_course(course: Course) -> Thing:
    """Return what is taught at a partner's: an activity of theirs, beside the course as it stands here."""
    return Thing("partner-course", course.code, Type.COURSE, course.name_th, course.name_en)


def of_curriculum(curriculum: Curriculum) -> Thing:
    """Return a curriculum."""
    return Thing("curriculum", curriculum.code, Type.PROGRAMME, curriculum.name_th, curriculum.name_en)
