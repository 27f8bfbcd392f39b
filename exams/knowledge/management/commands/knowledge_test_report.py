"""Print the knowledge test report of a year."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation

from exams.knowledge import reports
from exams.knowledge.models import KnowledgeTest
from exams.knowledge.reports import Report, Table
from learning.spreadsheets import write_table


class Command(BaseCommand):
    """`manage.py knowledge_test_report --year 2566 --format json`."""

    help = "Print takers, passed and percent of a Buddhist year, per agency, as text, JSON or CSV."

    def add_arguments(self, parser: ArgumentParser) -> None:
        this_year = reports.year_of(timezone.now())
        parser.add_argument("--year", type=int, default=this_year, help="Buddhist year, such as 2566")
        parser.add_argument("--test", default="", help="code of one test; all tests without it")
        parser.add_argument("--format", choices=("text", "json", "csv"), default="text")

    def handle(self, *, year: int, test: str, format: str, **options: Any) -> None:  # noqa: A002, ARG002
        if not 2400 <= year <= 3000:  # noqa: PLR2004
            raise CommandError(f"{year} is not a Buddhist year; 2566 is the year 2023 of the common era")
        chosen = KnowledgeTest.objects.filter(code=test).first() if test else None
        if test and chosen is None:
            raise CommandError(f"there is no test with code {test}")
        with translation.override("th"):
            report = reports.make_report(year, chosen)
            self.stdout.write(_written(report, format))


def _written(report: Report, form: str) -> str:
    if form == "json":
        return json.dumps(reports.as_json(report), ensure_ascii=False, indent=2)
    if form == "csv":
        return write_table(*reports.as_rows(report), "csv").decode()
    return "\n".join(
        [
            f"รายงานผลการทดสอบความรู้ ปี พ.ศ. {report.year}",
            *_text("ผู้เข้าสอบทั้งหมด", report.all),
            *_text("การสอบที่หน่วยงานขอรับการสนับสนุน", report.supported),
        ]
    )


def _text(title: str, table: Table) -> list[str]:
    lines = [f"{line.takers:>7,} {line.passed:>7,} {line.percent:>7}  {line.name}" for line in table.lines]
    total = table.total
    return [
        "",
        f"{title}: เข้าสอบ {total.takers:,} คน ผ่าน {total.passed:,} คน ร้อยละ {total.percent}",
        "เข้าสอบ    ผ่าน  ร้อยละ  หน่วยงาน",
        *lines,
    ]
