"""Set the report as a PDF with Typst: A4, Thai, with the same figures as the page."""

from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils import timezone

from certificates import pdf
from exams.knowledge.reports import Line, Report, Table
from learning.thai import datetime_text

TEMPLATES = Path(__file__).resolve().parent / "typst"


def typeset(report: Report, now: datetime) -> bytes:
    """Return the report as a PDF/A-2u file. The document is in Thai whatever language the page is in."""
    return pdf.sheet(TEMPLATES, "report.typ", "sheet", _data(report, now), now)


def _data(report: Report, now: datetime) -> dict[str, Any]:
    return {
        "year": report.year,
        "printed": datetime_text(timezone.localtime(now)),
        "parts": [
            _part("ผู้เข้าสอบทั้งหมด", report.all),
            _part("การสอบที่หน่วยงานขอรับการสนับสนุน", report.supported),
        ],
    }


def _part(title: str, table: Table) -> dict[str, Any]:
    return {"title": title, "total": _line(table.total), "lines": [_line(line) for line in table.lines]}


def _line(line: Line) -> dict[str, Any]:
    return {
        "name": line.name,
        "takers": f"{line.takers:,}",
        "passed": f"{line.passed:,}",
        "percent": str(line.percent),
        "share": float(line.percent),
    }
