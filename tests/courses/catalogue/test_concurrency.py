"""What happens when an author still writes while the version is being submitted, and two publish at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from courses.catalogue.errors import VersionFrozen, VersionNotApproved
from courses.catalogue.models import CourseVersion, Topic, VersionStatus
from courses.catalogue.services.versions import approve_loaded, publish, write_outline
from learning.errors import DomainError
from tests.courses.catalogue.factories import NOON, TOPICS, make_draft

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


class _Other:
    """Somebody else, with a connection of their own."""

    def __init__(self, work: Callable[[], object]) -> None:
        self.refused: list[DomainError] = []
        self.work = work
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        try:
            self.work()
        except DomainError as error:
            self.refused.append(error)
        finally:
            connection.close()


def wait_until_somebody_waits_for_a_lock() -> None:
    for _attempt in range(200):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.05)
    pytest.fail("the second transaction did not wait")


def submit(version: CourseVersion) -> None:
    CourseVersion.objects.filter(pk=version.pk).update(status=VersionStatus.SUBMITTED)


def test_without_the_lock_a_version_changes_while_it_is_submitted():
    """The proof that there is a race: the check alone sees the draft that the other has already submitted."""
    version = make_draft("KD1").versions.get()
    with transaction.atomic():
        submit(version)
        other = _Other(lambda: Topic.objects.create(version=version, order=9, name_th="ใหม่", minutes=1))
        other.thread.join(30)
    assert other.refused == []
    assert version.topics.count() == len(TOPICS) + 1


def test_who_writes_waits_for_who_submits():
    version = make_draft("KD1").versions.get()
    with transaction.atomic():
        submit(version)
        other = _Other(lambda: write_outline(version, [], actor=None))
        wait_until_somebody_waits_for_a_lock()
    other.thread.join(30)
    assert [type(error) for error in other.refused] == [VersionFrozen]
    assert version.topics.count() == len(TOPICS)


def test_a_version_is_published_once():
    version = make_draft("KD1").versions.get()
    approve_loaded(version, actor=None)
    with transaction.atomic():
        publish(version, actor=None, now=NOON)
        other = _Other(lambda: publish(CourseVersion.objects.get(), actor=None, now=NOON))
        wait_until_somebody_waits_for_a_lock()
    other.thread.join(30)
    assert [type(error) for error in other.refused] == [VersionNotApproved]
    assert CourseVersion.objects.get().status == VersionStatus.PUBLISHED
