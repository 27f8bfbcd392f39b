from datetime import timedelta

import pytest

from courses.catalogue.services.versions import UnitPlan
from courses.player.errors import NotAPreview, SessionTaken, VersionNotLearnable
from courses.player.models import Purpose, Registration
from courses.player.services import progress, registrations
from learning.people.models import AuditEntry
from tests.courses.catalogue.factories import make_draft
from tests.courses.player.factories import NOON, make_registration, units

pytestmark = pytest.mark.django_db
TEXT = UnitPlan("text", "อ่าน", "# อ่าน")


def test_nobody_is_registered_for_a_version_that_was_never_published(learner):
    with pytest.raises(VersionNotLearnable):
        registrations.register(learner, make_draft().versions.get())


def test_a_draft_can_be_previewed_and_each_person_has_one_preview(learner, outsider):
    version = make_draft().versions.get()
    first = registrations.preview(learner, version)
    assert registrations.preview(learner, version) == first
    assert registrations.preview(outsider, version) != first
    assert first.purpose == Purpose.PREVIEW


def test_a_preview_is_begun_again_without_a_trace(learner):
    version = make_draft().versions.get()
    preview = registrations.preview(learner, version)
    progress.advance(preview, units(preview)[0], completed=True)
    registrations.reset_preview(preview)
    preview.refresh_from_db()
    assert not preview.progress.exists()
    assert preview.last_unit is None


def test_what_was_learnt_is_never_thrown_away(learner):
    registration = make_registration(learner, TEXT)
    progress.advance(registration, units(registration)[0], completed=True)
    with pytest.raises(NotAPreview):
        registrations.reset_preview(registration)
    assert registration.progress.exists()


def test_the_device_that_takes_over_is_the_only_one_that_writes(learner):
    registration = make_registration(learner, TEXT)
    first = registrations.take_session(registration, "Firefox")
    registrations.check_session(registration, first)
    second = registrations.take_session(registration, "Chrome")
    fresh = Registration.objects.get(pk=registration.pk)
    registrations.check_session(fresh, second)
    with pytest.raises(SessionTaken):
        registrations.check_session(fresh, first)


@pytest.mark.parametrize("token", ["", "x", "ก"])
def test_no_made_up_token_opens_a_session(learner, token):
    registration = make_registration(learner, TEXT)
    with pytest.raises(SessionTaken):
        registrations.check_session(registration, token)


def test_a_device_that_fell_silent_is_not_asked_about(learner):
    registration = make_registration(learner, TEXT)
    assert not registrations.is_in_use(registration, now=NOON)
    registrations.take_session(registration, "Firefox", now=NOON)
    assert registrations.is_in_use(registration, now=NOON + timedelta(minutes=14))
    assert not registrations.is_in_use(registration, now=NOON + timedelta(minutes=15))


def test_new_dates_are_kept_and_audited(learner, administrator):
    registration = make_registration(learner, TEXT)
    registrations.reschedule(registration, NOON, NOON + timedelta(days=7), actor=administrator)
    registration.refresh_from_db()
    assert registration.closes_at == NOON + timedelta(days=7)
    assert AuditEntry.objects.filter(action="player.rescheduled", actor=administrator).exists()
