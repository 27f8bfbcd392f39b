"""The cast that every test meets, and what keeps tests honest about skipped services."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import IntegrityError, OperationalError, connection, transaction
from django.test import TransactionTestCase
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from learning.people.models import (
    Agency,
    AgencyLevel,
    EducationLevel,
    Person,
    PersonnelGroup,
    Role,
    RoleGrant,
    Sex,
)
from learning.people.national_id import check_digit

# No test is timed: on a busy machine a property is as true as on a quiet one.
hypothesis_settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("untimed")


@pytest.fixture(autouse=True, scope="session")
def _fast_passwords() -> None:
    """Hash passwords cheaply: tests do not measure PBKDF2."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


# Made by Django after migrating, and changed by no test.
_KEPT_TABLES = {"django_content_type", "auth_permission"}


@pytest.fixture(autouse=True, scope="session")
def _quick_emptying() -> Iterator[None]:
    """Empty only the tables with rows after a test that commits.

    Django truncates all of them and makes permissions anew; that took longer than most of the tests.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", _empty_tables_with_rows)
        yield


# A browser that was closed has sent its last words, and a server still writes them down.
_TRIES = 5


def _empty_tables_with_rows(_case: TransactionTestCase) -> None:
    for tries_left in range(_TRIES, 0, -1):
        try:
            _empty_once()
        except (IntegrityError, OperationalError):
            if tries_left == 1:
                raise
            time.sleep(0.5)
        else:
            return


def _empty_once() -> None:
    names = sorted(set(connection.introspection.django_table_names(only_existing=True)) - _KEPT_TABLES)
    first_rows = (
        f"SELECT * FROM (SELECT '{name}' FROM {connection.ops.quote_name(name)} LIMIT 1) AS first_row"
        for name in names
    )
    # In one transaction, since foreign keys are looked at when it ends.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(first_rows))
        for (name,) in cursor.fetchall():
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(name)}")


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """Start every test without the rate limits and counters of the one before."""
    cache.clear()


_CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _CHROMIUM_NAMES)), "")

# Marker → why its tests cannot run here (empty where they can), and the variable that makes that a failure.
_NEEDS = {
    "postgres": (
        "" if connection.vendor == "postgresql" else "DATABASE_URL names no PostgreSQL",
        "REQUIRE_SERVICES",
    ),
    "redis": ("" if settings.REDIS_URL else "REDIS_URL is not set", "REQUIRE_SERVICES"),
    "browser": (
        "" if Path(CHROMIUM).is_file() else "no Chromium is installed and CHROMIUM names none",
        "REQUIRE_BROWSER",
    ),
}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run browser tests last: from the first on, Playwright keeps an event loop in the main thread."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, or fail where it is required, a test whose service or browser is not here."""
    for marker, (reason, required) in _NEEDS.items():
        if reason and item.get_closest_marker(marker):
            if os.environ.get(required):
                pytest.fail(f"needs {marker}, and {required} is set: {reason}", pytrace=False)
            pytest.skip(f"{marker}: {reason}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what was not tested."""
    for marker, (reason, _required) in _NEEDS.items():
        reports = terminalreporter.getreports("skipped")
        count = sum(f"{marker}: {reason}" in str(report.longrepr) for report in reports) if reason else 0
        if count:
            terminalreporter.write_line(
                f"NOT TESTED: {count} {marker} tests skipped, {reason}", red=True, bold=True
            )
    if "not browser" in terminalreporter.config.option.markexpr:
        terminalreporter.write_line("NOT TESTED: browser tests, deselected by -m", red=True, bold=True)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, object]) -> dict[str, object]:
    """Drive the system's Chromium; Playwright's own downloads are not needed."""
    return browser_type_launch_args | {
        "executable_path": CHROMIUM,
        "args": ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    }


def make_national_id(serial: int) -> str:
    """Return a synthetic national ID with a valid check digit."""
    first_twelve = f"1{serial:011d}"
    return first_twelve + check_digit(first_twelve)


_serial = iter(range(1, 10**9))


def make_person(**fields: object) -> Person:
    """Create a member of the public; `roles` is a list of (role, agency or None)."""
    roles = fields.pop("roles", [])
    serial = next(_serial)
    values: dict[str, object] = {
        "title": "นาย",
        "first_name": f"ทดสอบ{serial}",
        "last_name": "ระบบ",
        "birth_year": 1990,
        "sex": Sex.MALE,
        "education_level": EducationLevel.BACHELOR,
        "email": f"person{serial}@example.org",
        "group": PersonnelGroup.PUBLIC,
        "occupation": "รับจ้าง",
        "position": "-",
        "organisation": "-",
    } | fields
    number = str(values.pop("national_id", "") or make_national_id(serial))
    password = values.pop("password", "correct-horse-1")
    person = Person.objects.create_person(number, str(password), **values)
    for role, agency in roles:  # type: ignore[attr-defined]
        RoleGrant.objects.create(person=person, role=role, agency=agency)
    return person


@pytest.fixture
def ministry(db: None) -> Agency:
    return Agency.objects.create(
        code="T01", name_th="กระทรวงทดสอบ", name_en="Ministry of Tests", level=AgencyLevel.MINISTRY
    )


@pytest.fixture
def department(ministry: Agency) -> Agency:
    return Agency.objects.create(
        code="T0101",
        name_th="กรมทดสอบ",
        name_en="Department of Tests",
        level=AgencyLevel.DEPARTMENT,
        parent=ministry,
    )


@pytest.fixture
def other_department(db: None) -> Agency:
    ministry = Agency.objects.create(code="T02", name_th="กระทรวงอื่น", level=AgencyLevel.MINISTRY)
    return Agency.objects.create(code="T0201", name_th="กรมอื่น", level=AgencyLevel.DEPARTMENT, parent=ministry)


@pytest.fixture
def learner(db: None) -> Person:
    """An ordinary person: the owner of their own sittings and certificates."""
    return make_person(first_name="สมหญิง", title="นางสาว", last_name="ใจดี")


@pytest.fixture
def outsider(db: None) -> Person:
    """Another ordinary person, who must not see what is the learner's."""
    return make_person(first_name="คนนอก")


@pytest.fixture
def agency_officer(department: Agency) -> Person:
    return make_person(first_name="เจ้าหน้าที่หน่วยงาน", roles=[(Role.AGENCY_OFFICER, department)])


@pytest.fixture
def other_agency_officer(other_department: Agency) -> Person:
    return make_person(first_name="เจ้าหน้าที่หน่วยงานอื่น", roles=[(Role.AGENCY_OFFICER, other_department)])


@pytest.fixture
def exam_officer(db: None) -> Person:
    return make_person(first_name="เจ้าหน้าที่สอบ", roles=[(Role.EXAM_OFFICER, None)])


@pytest.fixture
def reviewer(db: None) -> Person:
    return make_person(first_name="ผู้ทบทวน", roles=[(Role.REVIEWER, None)])


@pytest.fixture
def certificate_officer(db: None) -> Person:
    return make_person(first_name="เจ้าหน้าที่ใบรับรอง", roles=[(Role.CERTIFICATE_OFFICER, None)])


@pytest.fixture
def auditor(db: None) -> Person:
    return make_person(first_name="ผู้ตรวจสอบ", roles=[(Role.AUDITOR, None)])


@pytest.fixture
def administrator(db: None) -> Person:
    return make_person(first_name="ผู้ดูแลระบบ", roles=[(Role.ADMINISTRATOR, None)])
