"""Measure what one certificate costs: CPU milliseconds to set one as a file of its own, and in a run.

Prints a table and writes ``var/bench/certificates.json``. Needs no database: the certificates are made up.
"""

import datetime
import os
import tempfile
import time
from collections.abc import Callable
from typing import Any

from tools import benching

SINGLE = 300
RUN = 200


def made_up(count: int) -> list[Any]:
    """Return unsaved certificates that differ in name, number and code."""
    import msgspec

    from certificates import codes, kinds
    from certificates.models import Certificate

    kind = kinds.get(kinds.KNOWLEDGE_TEST_PASS)
    award = kind.award_facts(
        {
            "test_name": "ความรู้เกี่ยวกับพระราชบัญญัติข้อมูลข่าวสารของราชการ พ.ศ. 2540",
            "test_name_en": "Official Information Act, B.E. 2540",
            "round_name": "รอบที่ 1 ประจำปีงบประมาณ พ.ศ. 2569",
            "test_date": datetime.date(2026, 11, 20),
            "agency_name": "กรมส่งเสริมการปกครองท้องถิ่น กระทรวงมหาดไทย",
            "score": 41,
            "max_score": 50,
            "pass_mark": 30,
        }
    )
    first = ("สมชาย", "กิ่งแก้ว", "น้ำฝน", "ปิ่นเกล้า", "ญาณวุฒิ", "ฐิติมา", "เกรียงไกร")
    last = ("ใจดี", "ศิวรักษ์", "ณ อยุธยา", "ปั๊มสุข", "อุฬารวงศ์")
    signer = kinds.Signer("นายปิยวัฒน์ ศิวรักษ์", "เลขาธิการ ก.พ.", "Secretary-General")
    made = []
    for number in range(1, count + 1):
        name = (first[number % len(first)], f"{last[number % len(last)]}{number}")
        holder = kinds.Holder("นางสาว", *name, masked_national_id="x-xxxx-xxxxx-12-1")
        facts = kinds.Facts(holder, signer, kind.issuer, kind.issuer_en, award)
        made.append(
            Certificate(
                code=codes.new(),
                kind=kinds.KNOWLEDGE_TEST_PASS,
                template_version=kind.template_version,
                number=number,
                year=2569,
                facts=msgspec.to_builtins(facts),
                issued_at=datetime.datetime(2026, 11, 21, 10, tzinfo=datetime.UTC),
            )
        )
    return made


def measure(name: str, count: int, work: Callable[[], int]) -> dict[str, Any]:
    """Run `work`, which returns bytes written, and return figures for each of `count` certificates."""
    began, cpu = time.perf_counter(), time.process_time()
    size = work()
    figures = {
        "what": name,
        "certificates": count,
        "cpu_ms": round((time.process_time() - cpu) / count * 1000, 2),
        "wall_ms": round((time.perf_counter() - began) / count * 1000, 2),
        "kilobytes": round(size / count / 1024, 1),
    }
    print(f"{name:32} {count:6} {figures['cpu_ms']:8} {figures['wall_ms']:8} {figures['kilobytes']:8}")
    return figures


def main() -> None:
    """Measure one file each, and one file for a run."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["VAR_DIR"] = folder
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "learning.settings")
        import django

        django.setup()
        from certificates import typeset

        certificates = made_up(SINGLE + 1)
        typeset.render_pdf(certificates[:1])  # the fonts and the template are read once in a process
        print(f"{'what':32} {'count':>6} {'cpu ms':>8} {'wall ms':>8} {'KB':>8}   each")
        results = [
            measure(
                "a PDF of its own",
                SINGLE,
                lambda: sum(len(typeset.render_pdf([one])) for one in certificates[1:]),
            ),
            measure(f"a page of a {RUN}-page run", RUN, lambda: len(typeset.render_pdf(certificates[:RUN]))),
        ]
    benching.write_report("certificates", results)


if __name__ == "__main__":
    main()
