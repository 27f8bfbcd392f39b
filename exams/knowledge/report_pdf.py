"""Set the report as a PDF with Typst: A4, Thai, with the same figures as the page."""

import json
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

import typst
from django.utils import timezone

from certificates.typeset import FONTS
from exams.knowledge.reports import Line, Report, Table
from learning.thai import datetime_text

TEMPLATES = Path(__file__).resolve().parent / "typst"

# The compiler keeps parsed fonts and templates between calls, and belongs to the thread that made it.
_local = threading.local()


def typeset(report: Report, now: datetime) -> bytes:
    """Return the report as a PDF/A-2u file. The document is in Thai whatever language the page is in."""
    data = json.dumps(_data(report, now), ensure_ascii=False)
    # Data in the source, not in `sys_inputs`, which would defeat Typst's cache.
    source = f'#import "/report.typ": sheet\n#sheet(json(bytes({json.dumps(data, ensure_ascii=False)})))'
    built: bytes = _compiler().compile(
        input=source.encode(), format="pdf", pdf_standards="a-2u", timestamp=int(now.timestamp())
    )
    return built


def _compiler() -> Any:
    if not hasattr(_local, "compiler"):
        fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])
        _local.compiler = typst.Compiler(root=str(TEMPLATES), font_paths=fonts, ignore_system_fonts=True)
    return _local.compiler


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
