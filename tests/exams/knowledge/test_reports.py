"""Takers, passed, percent, per agency and Buddhist year."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from exams.knowledge.models import Round
from exams.knowledge.reports import Taken, bounds, make_report, tally, year_of, years
from learning.people.models import Agency, AgencyLevel
from tests.certificates.pdf_text import pages
from tests.conftest import make_person
from tests.exams.knowledge.factories import make_agency_round, make_round, record

IN_2566 = datetime(2023, 6, 1, tzinfo=UTC)
NAMES: dict[int | None, str] = {None: "ไม่ระบุ"} | {pk: f"หน่วยงาน {pk}" for pk in range(1, 5)}


def test_a_person_counts_once_as_passed_if_any_attempt_passed():
    table = tally(
        [Taken(1, 1, is_passed=True), Taken(1, 1, is_passed=False), Taken(2, 1, is_passed=False)], NAMES
    )
    assert (table.total.takers, table.total.passed, table.total.percent) == (2, 1, Decimal("50.00"))


def test_a_person_counts_under_the_agency_of_the_last_attempt():
    table = tally([Taken(1, 1, is_passed=False), Taken(1, 2, is_passed=True)], NAMES)
    assert [(line.name, line.takers, line.passed) for line in table.lines] == [("หน่วยงาน 2", 1, 1)]


@given(st.lists(st.builds(Taken, st.integers(1, 20), st.sampled_from([None, 1, 2, 3, 4]), st.booleans())))
def test_the_lines_add_up_to_the_total(attempts):
    table = tally(attempts, NAMES)
    assert sum(line.takers for line in table.lines) == table.total.takers
    assert sum(line.passed for line in table.lines) == table.total.passed
    assert all(0 <= line.passed <= line.takers for line in table.lines)


def test_a_year_begins_at_midnight_in_bangkok():
    start, end = bounds(2566)
    assert start == datetime(2022, 12, 31, 17, tzinfo=UTC)
    assert end - start == timedelta(days=365)
    assert (year_of(start), year_of(start - timedelta(seconds=1))) == (2566, 2565)


@pytest.fixture
def round_(db) -> Round:
    return make_round()


@pytest.mark.django_db
class TestReport:
    def test_only_results_of_the_year_count(self, round_, department):
        start, end = bounds(2566)
        for n, at in enumerate([start - timedelta(seconds=1), start, end - timedelta(seconds=1), end]):
            record(round_, make_person(), is_passed=n > 1, at=at, agency=department)
        assert (make_report(2566).all.total.takers, make_report(2566).all.total.passed) == (2, 1)

    def test_an_unfinished_attempt_counts_nowhere(self, round_, learner):
        from tests.exams.knowledge.factories import start

        start(round_, learner)
        assert make_report(year_of(round_.opens_at)).all.total.takers == 0

    def test_a_division_counts_with_its_department(self, round_, department):
        division = Agency.objects.create(
            code="T010101", name_th="กองทดสอบ", level=AgencyLevel.DIVISION, parent=department
        )
        for agency in (division, department):
            record(round_, make_person(), is_passed=True, at=IN_2566, agency=agency)
        assert [(line.name, line.takers) for line in make_report(2566).all.lines] == [("กรมทดสอบ", 2)]

    def test_supported_sittings_are_counted_under_the_agency_that_asked(
        self, round_, department, other_department, agency_officer, exam_officer
    ):
        supported = make_agency_round(department, agency_officer, exam_officer)
        record(supported, make_person(), is_passed=True, at=IN_2566, agency=other_department)
        record(round_, make_person(), is_passed=False, at=IN_2566, agency=other_department)
        report = make_report(2566)
        assert (report.all.total.takers, report.supported.total.takers) == (2, 1)
        assert report.supported.lines[0].name == department.name_th

    def test_one_test_can_be_chosen(self, round_):
        record(round_, make_person(), is_passed=True, at=IN_2566)
        assert make_report(2566, round_.test).all.total.takers == 1

    def test_years_are_listed_latest_first(self, round_, learner):
        record(round_, learner, is_passed=False, at=IN_2566)
        record(round_, learner, is_passed=True, at=IN_2566 + timedelta(days=400), number=2)
        assert [(line.year, line.takers, line.passed) for line in years()] == [(2567, 1, 1), (2566, 1, 0)]

    def test_the_report_takes_two_queries(self, round_, department, django_assert_num_queries):
        for _ in range(5):
            record(round_, make_person(), is_passed=True, at=IN_2566, agency=department)
        with django_assert_num_queries(2):
            make_report(2566)

    def test_the_report_is_for_exam_officers_auditors_and_administrators(
        self, client, exam_officer, auditor, administrator, agency_officer, learner
    ):
        for name in ("knowledge:report", "knowledge:report-xlsx", "knowledge:report-pdf"):
            for person, status in (
                (exam_officer, 200),
                (auditor, 200),
                (administrator, 200),
                (agency_officer, 403),
                (learner, 403),
            ):
                client.force_login(person)
                assert client.get(reverse(name)).status_code == status
            client.logout()
            assert client.get(reverse(name)).status_code == 302

    def test_page_workbook_pdf_and_command_show_the_same_figures(
        self, client, exam_officer, round_, department
    ):
        for n in range(3):
            record(round_, make_person(), is_passed=n == 0, at=IN_2566, agency=department)
        client.force_login(exam_officer)
        page = client.get(reverse("knowledge:report"), {"year": 2566}).content.decode()
        assert "33.33" in page
        assert "กรมทดสอบ" in page
        workbook = client.get(reverse("knowledge:report-xlsx"), {"year": 2566})
        sheet = openpyxl.load_workbook(io.BytesIO(workbook.content)).active
        assert sheet is not None
        rows = list(sheet.iter_rows(values_only=True))
        assert rows[1] == (2566, "ทั้งหมด", "กรมทดสอบ", 3, 1, 33.33)
        pdf = client.get(reverse("knowledge:report-pdf"), {"year": 2566})
        text = " ".join(run for page in pages(pdf.content) for run in page)
        assert "33.33" in text
        assert "กรมทดสอบ" in text
        assert _command("json")["all"]["percent"] == "33.33"  # type: ignore[index]

    def test_a_year_without_results_or_one_that_is_no_year_shows_the_latest(
        self, client, exam_officer, round_, learner
    ):
        record(round_, learner, is_passed=True, at=IN_2566)
        client.force_login(exam_officer)
        for year in ("1999", "สองพัน", ""):
            page = client.get(reverse("knowledge:report"), {"year": year}).content.decode()
            assert "ปี พ.ศ. 2566" in page

    def test_an_empty_system_has_an_empty_report(self, client, exam_officer):
        client.force_login(exam_officer)
        assert "ไม่มีผลสอบในปีนี้" in client.get(reverse("knowledge:report")).content.decode()

    def test_the_command_writes_csv_and_text(self, round_, department):
        record(round_, make_person(), is_passed=True, at=IN_2566, agency=department)
        rows = list(csv.reader(io.StringIO(str(_command("csv")).lstrip("\ufeff"))))
        assert rows[1][2:] == ["กรมทดสอบ", "1", "1", "100.00"]
        assert "เข้าสอบ 1 คน ผ่าน 1 คน ร้อยละ 100.00" in str(_command("text"))

    def test_the_command_refuses_a_year_of_the_common_era_and_an_unknown_test(self):
        with pytest.raises(CommandError, match="Buddhist"):
            call_command("knowledge_test_report", year=2023)
        with pytest.raises(CommandError, match="no test"):
            call_command("knowledge_test_report", year=2566, test="nope")


def _command(form: str) -> object:
    output = io.StringIO()
    call_command("knowledge_test_report", year=2566, format=form, stdout=output)
    return json.loads(output.getvalue()) if form == "json" else output.getvalue()
