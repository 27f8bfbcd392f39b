"""Which items of a package open, for whom, and for how long."""

from datetime import timedelta

import pytest
from django.utils import timezone

from courses.player.errors import ItemLocked, LaunchEnded, NoLongerOpen, NoSuchItem, SessionTaken
from courses.player.models import ItemProgress, Launch
from courses.player.services.launches import Contents, begin, find, launch
from courses.player.services.registrations import reschedule, take_session
from tests.courses.player.packages import in_package, kept, scorm

pytestmark = pytest.mark.django_db


@pytest.fixture
def opened(media, learner, department):
    needs_a = '<adlcp:prerequisites type="aicc_script">A</adlcp:prerequisites>'
    return in_package(learner, kept(scorm("A", "B", "C", B=needs_a), department))


def test_a_secret_opens_its_launch_and_is_not_kept(opened):
    registration, unit, session = opened
    made, secret = launch(registration, unit, "A", session)
    assert find(secret) == made
    assert secret not in str(Launch.objects.values().get())
    with pytest.raises(LaunchEnded):
        find(secret[:-1] + "x")


def test_a_launch_ends_by_itself(opened):
    registration, unit, session = opened
    _made, secret = launch(registration, unit, "A", session)
    with pytest.raises(LaunchEnded):
        find(secret, now=timezone.now() + timedelta(hours=13))


def test_a_later_launch_of_the_item_ends_the_earlier_one(opened):
    registration, unit, session = opened
    first, first_secret = launch(registration, unit, "A", session)
    other, other_secret = launch(registration, unit, "C", session)
    second, _secret = launch(registration, unit, "A", session)
    begin(first)
    assert find(first_secret) == first
    begin(second)
    with pytest.raises(LaunchEnded):
        find(first_secret)
    assert find(other_secret) == other


def test_another_device_takes_the_launch_away(opened):
    registration, unit, session = opened
    _made, secret = launch(registration, unit, "A", session)
    take_session(registration, "Safari · iPhone")
    with pytest.raises(SessionTaken):
        find(secret)
    with pytest.raises(SessionTaken):
        launch(registration, unit, "A", session)


def test_a_launch_stays_inside_the_dates(opened):
    registration, unit, session = opened
    _made, secret = launch(registration, unit, "A", session)
    reschedule(registration, None, timezone.now() - timedelta(minutes=1))
    with pytest.raises(NoLongerOpen):
        find(secret)


def test_an_item_waits_for_its_prerequisites(opened):
    registration, unit, session = opened
    assert [item.is_locked for item in Contents(registration, unit).menu] == [False, True, False]
    with pytest.raises(ItemLocked):
        launch(registration, unit, "B", session)
    ItemProgress.objects.create(registration=registration, unit=unit, item="A", is_completed=True)
    launch(registration, unit, "B", session)


def test_only_items_of_the_package_open(opened):
    registration, unit, session = opened
    for name in ("Z", "", "O"):
        with pytest.raises(NoSuchItem):
            launch(registration, unit, name, session)


def test_the_learner_goes_on_where_something_is_left_to_do(opened):
    registration, unit, _session = opened
    now = timezone.now()
    assert Contents(registration, unit).resumed().unit.id == "A"
    third = ItemProgress.objects.create(registration=registration, unit=unit, item="C", updated_at=now)
    assert Contents(registration, unit).resumed().unit.id == "C"
    third.is_completed = True
    third.save()
    assert Contents(registration, unit).resumed().unit.id == "A"
    ItemProgress.objects.create(
        registration=registration, unit=unit, item="A", is_completed=True, updated_at=now
    )
    assert Contents(registration, unit).resumed().unit.id == "B"
