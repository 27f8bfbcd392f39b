"""``report.html``: the report for people, one page that needs nothing else. Pure."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from loadtest import plots
from loadtest.plan import PHASES

_PHASE_NAMES = {
    "check-in": ("เช็กอิน", "Check-in"),
    "waiting": ("รอเริ่มสอบ", "Waiting room"),
    "storm": ("เปิดซองข้อสอบ", "Paper keys"),
    "steady": ("ทำข้อสอบ", "Answering"),
    "last": ("นาทีสุดท้าย", "Last minute"),
    "after": ("หลังหมดเวลา", "After the end"),
}
_GROUPS = {
    "service": "บริการสอบ · seat service",
    "database": "ฐานข้อมูล · database",
    "nginx": "ตัวกระจายงาน · nginx",
    "locust": "ผู้เข้าสอบจำลอง · Locust",
    "scheduler": "งานตามเวลา · scheduler",
    "rooms": "ห้องสอบ · rooms",
}
_STYLE = Path(__file__).with_name("report.css")


def render(report: Mapping[str, Any]) -> str:
    """Return the report as one page that needs nothing else."""
    passed = report["verdict"] == "passed"
    verdict = ("ผ่าน", "Passed") if passed else ("ไม่ผ่าน", "Failed")
    title = "ทดสอบความทนทาน: วันสอบ" if report["chaos"] else "ทดสอบเต็มกำลัง: วันสอบ"
    title = f"{title} {report['seats']:,} ที่นั่ง"
    english = f"The day of the exam with {report['seats']:,} seats"
    counted = (
        f"ยืนยันรับ {report['acknowledged']:,} คำตอบ หาย {report['lost']:,} ตรวจผิด {report['mismarked']:,} · "
        f"{report['acknowledged']:,} answers acknowledged, {report['lost']:,} lost, "
        f"{report['mismarked']:,} mismarked"
    )
    parts = [
        f'<h1>{title}<small lang="en">{english}</small></h1>',
        f'<p class="verdict {report["verdict"]}"><b>{verdict[0]} · {verdict[1]}</b>: {counted}</p>',
        _facts(report),
        _heading("เกณฑ์", "What was asked for"),
        _check_table(report["checks"]),
    ]
    if report["examples"]:
        items = "".join(f"<li><code>{escape(example)}</code></li>" for example in report["examples"])
        parts.append(_heading("สิ่งที่พบ", "Found") + f"<ul>{items}</ul>")
    parts += [
        _heading("เวลาตอบสนอง (มิลลิวินาที)", "Response times as Locust saw them (milliseconds)"),
        _latency_table(report["latency_ms"]),
        *_plots(report),
        _heading("เวลาซีพียูและหน่วยความจำ", "CPU seconds and peak memory"),
        _process_table(report),
    ]
    if report["faults"]:
        parts += [_heading("สิ่งที่ทำให้ล่ม", "What was broken"), _fault_table(report["faults"])]
    parts += [_heading("สิ่งที่เกิดขึ้น", "What happened"), _count_table(report["counts"])]
    body = "\n".join(parts)
    return (
        '<!doctype html>\n<html lang="th"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>\n{_STYLE.read_text(encoding='utf-8')}</style></head>"
        f"<body><main>\n{body}\n</main></body></html>\n"
    )


def _heading(thai: str, english: str) -> str:
    return f'<h2>{escape(thai)}<small lang="en">{escape(english)}</small></h2>'


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], classes: Sequence[str] = ()) -> str:
    """Return a table; the cells are HTML already."""
    top = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    body = []
    for n, (first, *rest) in enumerate(rows):
        kind = f' class="{classes[n]}"' if n < len(classes) and classes[n] else ""
        cells = "".join(f"<td>{cell}</td>" for cell in rest)
        body.append(f'<tr{kind}><th scope="row">{first}</th>{cells}</tr>')
    table = f"<table><thead><tr>{top}</tr></thead><tbody>{''.join(body)}</tbody></table>"
    return f'<div class="wide" tabindex="0">{table}</div>'


def _facts(report: Mapping[str, Any]) -> str:
    rows = [
        ("วันที่ · Date", escape(report["date"])),
        ("เครื่อง · Machine", escape(report["machine"])),
        ("คำสั่ง · Command", f"<code>{escape(report['command'])}</code>"),
        ("ฐานข้อมูล · Database", escape(report["database"])),
        ("คำขอ · Requests", f"{report['requests']:,}"),
        ("ครั้งที่ต้องส่งซ้ำ · Attempts that had to be repeated", f"{report['attempts_failed']:,}"),
        ("คำตอบที่เก็บ · Answers stored", f"{report['stored']:,}"),
        ("ส่งเอง / ระบบส่งให้ · Submitted / by the server",
         f"{report['submitted']:,} / {report['submitted_by_server']:,}"),
    ]  # fmt: skip
    if (server := report["server_ms"].get("steady")) is not None:
        rows.append(("เวลาตอบของบริการ p99 · Server-side p99, answering", f"{server:,.0f} ms"))
    extra = report["extra_time"]
    if extra["heard"]:
        times = f"p99 {extra['p99_ms'] / 1000:.1f} s, max {extra['max_ms'] / 1000:.1f} s"
        times += f" ({extra['heard']:,} / {extra['given']:,})"
        rows.append(("เวลาเพิ่มถึงหน้าจอ · Extra time reached the page", times))
    per_answer = report["steady"]["cpu_ms_per_answer"]
    if per_answer is not None:
        rows.append(
            ("ซีพียูต่อคำตอบ · CPU of service and database per acknowledged answer", f"{per_answer:.2f} ms")
        )
    return _table(("", ""), rows)


def _check_table(checks: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        (
            f"{escape(check['thai'])} · {escape(check['name'])}",
            escape(check["measured"]),
            escape(check["wanted"]),
            '<span class="yes">✓ ผ่าน</span>' if check["is_met"] else '<span class="no">✗ ไม่ผ่าน</span>',
        )
        for check in checks
    ]
    return _table(("", "วัดได้ · Measured", "เกณฑ์ · Wanted", ""), rows)


def _latency_table(latencies: Mapping[str, Mapping[str, float]]) -> str:
    rows, classes = [], []
    for name, figure in latencies.items():
        thai = " · ".join(_PHASE_NAMES[name]) if name in _PHASE_NAMES else escape(name.split(" ", 1)[1])
        numbers = [f"{figure[key]:,.0f}" for key in ("requests", "failures", "p50", "p95", "p99", "max")]
        rows.append((thai, *numbers))
        classes.append("phase-row" if name in PHASES else "")
    head = ("ช่วง · Phase", "คำขอ · Requests", "ต้องส่งซ้ำ · Repeated", "p50", "p95", "p99", "max")
    return _table(head, rows, classes)


def _plots(report: Mapping[str, Any]) -> list[str]:
    series, phases = report["series"], {_PHASE_NAMES[n][0]: s for n, s in report["phases"].items()}
    wanted = (
        ("คำขอและคำตอบที่ยืนยัน", "Requests and acknowledged answers", "/s", {
            "คำขอ · requests": series["requests"],
            "คำตอบที่ยืนยัน · answers acknowledged": series["acknowledged"],
            "ต้องส่งซ้ำ · repeated": series["failed"],
        }),
        ("เวลาตอบสนอง", "Response times", "ms", {"p50": series["p50"], "p99": series["p99"]}),
        ("ซีพียู", "CPU", "cores", {_GROUPS[name]: line for name, line in series["cpu"].items()}),
        ("หน่วยความจำ", "Memory", "MB", {_GROUPS[name]: line for name, line in series["memory"].items()}),
    )  # fmt: skip
    found = []
    for thai, english, unit, lines in wanted:
        picture = plots.plot(lines, unit=unit, phases=phases, label=f"{thai} · {english}")
        table = plots.figures(lines, unit=unit, caption=f"{thai} · {english}")
        wide = f'<div class="wide" tabindex="0">{table}</div>'
        details = f"<details><summary>ตัวเลข · Figures</summary>{wide}</details>"
        found.append(_heading(thai, english) + picture + details)
    return found


def _process_table(report: Mapping[str, Any]) -> str:
    steady = report["steady"]["cpu_s"]
    rows = [
        (_GROUPS[name], f"{use['cpu_s']:,.1f}", f"{steady.get(name, 0):,.1f}", f"{use['peak_mb']:,}")
        for name, use in report["processes"].items()
    ]
    rows += [
        (f"{_GROUPS[use['group']]}: {escape(name)}", f"{use['cpu_s']:,.1f}", "", f"{use['peak_mb']:,}")
        for name, use in report["each_process"].items()
    ]
    head = ("", "ทั้งวัน · Whole day (s)", "ขณะทำข้อสอบ · Answering (s)", "สูงสุด · Peak (MB)")
    return _table(head, rows)


def _fault_table(faults: Sequence[Mapping[str, Any]]) -> str:
    def seconds(ms: float | None) -> str:
        return "–" if ms is None else f"{ms / 1000:.1f}"

    rows = [
        (
            escape(fault["name"]),
            f"{fault['began_s']:.0f}",
            seconds(fault["lasted_ms"]),
            seconds(fault["answering_again_ms"]),
            seconds(fault["process_back_ms"]),
        )
        for fault in faults
    ]
    head = ("", "เวลา · At (s)", "นาน · Lasted (s)", "รับคำตอบอีกครั้งหลัง · Answering again after (s)",
            "โพรเซสกลับมา · Process itself back (s)")  # fmt: skip
    return _table(head, rows)


def _count_table(counts: Mapping[str, int]) -> str:
    return _table(("", "ครั้ง · Times"), [(escape(name), f"{count:,}") for name, count in counts.items()])
