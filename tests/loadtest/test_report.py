"""The report says what was found, in one file that needs nothing else, and fails on any fault."""

from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from loadtest import report_page
from loadtest.acked import Acked, Kind, pack
from loadtest.audit import Findings
from loadtest.day import Course, Options, Use
from loadtest.figures import Given
from loadtest.plots import nice_ceiling, plot
from loadtest.report import Run, build, write_reports

from .conftest import make_plan

PLAN = make_plan(seats=10)


def make_locust(**changes: object) -> dict[str, object]:
    entry = {"requests": 100, "failures": 0, "max_ms": 40, "times": {"20": 99, "40": 1}}
    return {
        "entries": {
            "steady answer": entry,
            "storm key": entry,
            "last submit": entry,
            "check-in enter": entry,
        },
        "errors": [],
        "exceptions": [],
        "counts": {"ended": 10, "ANSWER": 5, "left closed": 10},
        "intervals": [
            {"ms": PLAN.doors_ms + 5000, "requests": {"check-in enter": [100, 0, {"20": 100}]}},
            {"ms": PLAN.doors_ms + 10_000, "requests": {"steady answer": [100, 0, {"20": 99, "40": 1}]}},
        ],
        "is_log_complete": True,
        **changes,
    }


@pytest.fixture
def run(tmp_path: Path) -> Run:
    options = Options(
        seats=10,
        database="postgres",
        minutes=1,
        seed=1,
        service=2,
        workers=1,
        remote_workers=0,
        host="",
        port=8300,
        chaos=False,
        cluster=False,
        owns_connections=False,
        folder=tmp_path,
        command="python -m loadtest --seats 10",
    )
    course = Course(PLAN, datetime(2026, 11, 21, tzinfo=UTC))
    steady = PLAN.phases()["steady"]
    course.samples = [
        (steady + at, {"service": (cpu, 2**20), "database": (cpu, 2**21)})
        for at, cpu in ((0, 1.0), (9000, 2.0))
    ]
    course.uses = {"service 1": Use("service", 1.5, 2**20), "postgres": Use("database", 2.0, 2**21)}
    course.given = {1: Given(steady, PLAN.deadline_ms + 6000, 0, 0)}
    course.served = [(steady, {0.01: 0.0, 0.05: 0.0}), (steady + 9000, {0.01: 99.0, 0.05: 100.0})]
    record = Acked(1, 2, 0, steady - PLAN.doors_ms + 1000, 1, 1, flag=False, kind=Kind.ANSWER, process=0)
    entered = record._replace(kind=Kind.ENTERED, at_ms=5000)
    told = record._replace(kind=Kind.DEADLINE, client_ms=PLAN.deadline_ms + 6000)
    (tmp_path / "acked-a.bin").write_bytes(pack(entered) + pack(record) * 5 + pack(told))
    return Run(options, course, Findings(seats=10, acknowledged=5, stored=5), "a machine")


def test_a_clean_run_passes_and_states_its_figures(run: Run, tmp_path: Path):
    report = build(run, make_locust(), tmp_path)
    assert report["verdict"] == "passed"
    assert (report["seats"], report["lost"], report["mismarked"], report["failures"]) == (10, 0, 0, 0)
    assert report["latency_ms"]["steady"]["p99"] == 40
    assert report["server_ms"]["steady"] == pytest.approx(10)
    assert report["steady"]["cpu_ms_per_answer"] == pytest.approx(400)
    assert report["processes"]["database"] == {"cpu_s": 2.0, "peak_mb": 2}
    assert report["check_in_s"] == 5
    assert report["each_process"]["service 1"] == {"group": "service", "cpu_s": 1.5, "peak_mb": 1}
    assert (report["extra_time"]["heard"], report["extra_time"]["max_ms"]) == (1, 1000)


@pytest.mark.parametrize("fault", Findings.FAULTS)
def test_every_fault_of_the_audit_fails_the_run(run: Run, tmp_path: Path, fault: str):
    run.findings.blame(fault, 1, "something")
    assert build(run, make_locust(), tmp_path)["verdict"] == "failed"


@pytest.mark.parametrize(
    "changes",
    [
        {"counts": {"ended": 9}},
        {"counts": {"ended": 10, "left late": 1}},
        {"counts": {"ended": 10, "key given early": 1}},
        {"counts": {"ended": 10, "asked again for what was acknowledged": 1}},
        {"is_log_complete": False},
    ],
    ids=str,
)
def test_what_went_wrong_on_the_way_fails_the_run(run: Run, tmp_path: Path, changes: dict[str, object]):
    assert build(run, make_locust(**changes), tmp_path)["verdict"] == "failed"


def test_a_seat_that_was_not_audited_fails_the_run(run: Run, tmp_path: Path):
    run.findings.seats = 9
    assert build(run, make_locust(), tmp_path)["verdict"] == "failed"


class _Page(HTMLParser):
    """Notes headings, addresses and whether every element is closed."""

    VOID = frozenset({"meta", "br", "link", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.tables = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [str(value) for name, value in attrs if name in {"href", "src"}]
        self.tables += tag == "table"
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass


def test_the_page_is_whole_and_needs_nothing_else(run: Run, tmp_path: Path):
    (tmp_path / "locust.json").write_bytes(msgspec.json.encode(make_locust()))
    assert write_reports(run, tmp_path)
    text = (tmp_path / "report.html").read_text()
    page = _Page()
    page.feed(text)
    assert page.open == []
    assert page.addresses == []
    assert "ผ่าน · Passed" in text
    assert "nan" not in text.lower()
    assert page.tables >= 8
    assert msgspec.json.decode((tmp_path / "report.json").read_bytes())["verdict"] == "passed"


def test_what_the_audit_found_is_shown_and_cannot_break_the_page(run: Run, tmp_path: Path):
    run.findings.blame("lost", 7, "<script>")
    text = report_page.render(build(run, make_locust(), tmp_path))
    assert "ไม่ผ่าน · Failed" in text
    assert "&lt;script&gt;" in text


def test_axes_end_at_round_numbers():
    assert [nice_ceiling(value) for value in (0, 0.3, 7, 42, 1999)] == [1, 0.5, 10, 50, 2000]


def test_a_plot_without_points_is_nothing():
    assert plot({"line": []}, unit="s", phases={}, label="-") == ""
