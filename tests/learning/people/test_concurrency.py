"""Two administrators who remove each other at the same moment do not both succeed."""

import threading
import time

import pytest
from django.db import connection, transaction

from learning.people.models import Person, Role, RoleGrant
from learning.people.services import LastAdministrator, deactivate_person, revoke_role
from tests.conftest import make_person

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def remove(way, person):
    if way == "close":
        deactivate_person(person, person)
    else:
        revoke_role(person, person.role_grants.get())


def wait_until_somebody_waits_for_a_lock():
    for _attempt in range(200):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.05)
    pytest.fail("the second transaction did not wait")


@pytest.mark.parametrize("first", ["close", "revoke"])
@pytest.mark.parametrize("second", ["close", "revoke"])
def test_one_administrator_is_left(first, second):
    one, other = (make_person(roles=[(Role.ADMINISTRATOR, None)]) for _n in range(2))
    refused = []

    def remove_the_other():
        try:
            remove(second, other)
        except LastAdministrator as error:
            refused.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=remove_the_other)
    with transaction.atomic():
        remove(first, one)
        thread.start()
        wait_until_somebody_waits_for_a_lock()
    thread.join(30)
    assert len(refused) == 1
    left = RoleGrant.objects.filter(role=Role.ADMINISTRATOR, person__is_active=True)
    assert [grant.person_id for grant in left] == [other.pk]
    assert Person.objects.get(pk=other.pk).is_active
