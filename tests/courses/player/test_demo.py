import pytest

from courses.player import demo
from courses.player.models import Registration
from courses.player.services.progress import units_of

pytestmark = pytest.mark.django_db


def test_the_learner_of_the_demonstration_has_the_course_on_the_act_once():
    demo.load()
    demo.load()
    registration = Registration.objects.get()
    assert registration.version.course.code == "KD10"
    assert len(units_of(registration)) >= 7
