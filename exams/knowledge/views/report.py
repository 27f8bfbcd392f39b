"""The report: takers, passed, percent, per agency and year; as page, XLSX and PDF."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from exams.knowledge import report_pdf, reports
from exams.knowledge.forms import ReportForm
from exams.knowledge.models import KnowledgeTest
from exams.knowledge.reports import Report
from learning.people.access import requires
from learning.spreadsheets import CONTENT_TYPES, write_table


def _choice(request: HttpRequest) -> tuple[ReportForm, int, KnowledgeTest | None]:
    """Return the form and what it chooses; without a year, the latest that has results."""
    now = timezone.now()
    years = [line.year for line in reports.years()] or [reports.year_of(now)]
    form = ReportForm({"year": str(years[0])} | request.GET.dict(), years=years)
    if not form.is_valid():
        return form, years[0], None
    return form, int(form.cleaned_data["year"]), form.cleaned_data["test"]


def _report(request: HttpRequest) -> Report:
    _form, year, test = _choice(request)
    return reports.make_report(year, test)


@require_safe
@requires("knowledge.view_report")
def report(request: HttpRequest) -> HttpResponse:
    """Show the report of a year."""
    form, year, test = _choice(request)
    context = {
        "form": form,
        "report": reports.make_report(year, test),
        "years": reports.years(test),
        "query": request.GET.urlencode(),
    }
    return render(request, "knowledge/report.html", context)


@require_safe
@requires("knowledge.view_report")
def report_xlsx(request: HttpRequest) -> HttpResponse:
    """Download the report as a workbook."""
    found = _report(request)
    response = HttpResponse(write_table(*reports.as_rows(found), "xlsx"), content_type=CONTENT_TYPES["xlsx"])
    response["Content-Disposition"] = f'attachment; filename="knowledge-test-report-{found.year}.xlsx"'
    return response


@require_safe
@requires("knowledge.view_report")
def report_pdf_file(request: HttpRequest) -> HttpResponse:
    """Download the report as a PDF."""
    found = _report(request)
    response = HttpResponse(report_pdf.typeset(found, timezone.now()), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="knowledge-test-report-{found.year}.pdf"'
    return response
