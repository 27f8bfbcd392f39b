"""Measure sealed papers: their size, and the milliseconds that sealing and opening one take.

Papers are laid out from the items that come with the platform. Needs no database. Prints a table and writes
``var/bench/papers.json``.
"""

import hashlib
import json
import os
import random
import statistics
import time
from collections.abc import Callable
from typing import Any

from tools import benching

BANKS = ("ka-analytic", "ka-english", "ka-official")
ITEMS = 100
ROUNDS = 30
# Bytes that cannot be compressed, as those of a PNG or WebP are.
FIGURE_BYTES = 40_000
FIGURES = (0, 5, 20)


def contents_of(figures: int) -> Any:
    """Return the contents of a paper of ITEMS items, the first `figures` of them with one."""
    import base64

    from exams.bank.loading import read_bank
    from exams.papers.assembly import Paper, PaperFigure, PaperItem, PaperSection, digest
    from exams.papers.sealing import Contents

    chosen = random.Random(1)  # noqa: S311
    banks = [read_bank(code) for code in BANKS]
    per_bank = [ITEMS // 2, ITEMS // 4, ITEMS // 4]
    items: list[PaperItem] = []
    sections: list[PaperSection] = []
    urls: dict[str, str] = {}
    for (bank, pool), count in zip(banks, per_bank, strict=True):
        sections.append(PaperSection(bank.name_th, len(items) + 1, count))
        for entry in chosen.sample(pool, count):
            figure = None
            if len(urls) < figures:
                data = chosen.randbytes(FIGURE_BYTES)
                name = hashlib.sha256(data).hexdigest()
                urls[name] = f"data:image/png;base64,{base64.b64encode(data).decode()}"
                figure = PaperFigure(name, "กราฟแท่งแสดงจำนวนผู้สอบ พ.ศ. 2566 ถึง 2568", 640, 360)
            items.append(PaperItem(len(items) + 1, entry.stem, list(entry.options), figure))
    paper = Paper("การสอบเพื่อวัดความรู้ความสามารถทั่วไป (ภาค ก.)", items, sections)
    return Contents(digest(paper), "th", paper, urls)


def milliseconds(run: Callable[[], Any]) -> float:
    """Return the median of ROUNDS runs."""
    took = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        run()
        took.append((time.perf_counter() - start) * 1000)
    return statistics.median(took)


def measure() -> list[dict[str, float]]:
    """Return a row per number of figures."""
    import msgspec

    from exams.papers import sealing

    secret, rows = sealing.new_secret(), []
    for figures in FIGURES:
        contents = contents_of(figures)
        data = sealing.seal(contents, secret)
        opened = sealing.open_sealed(data, secret, contents.form)
        if opened != contents:
            raise RuntimeError("what came out is not what went in")
        text = json.dumps(msgspec.to_builtins(contents.paper), ensure_ascii=False)
        rows.append(
            {
                "items": ITEMS,
                "figures": figures,
                "paper_bytes": len(text.encode()),
                "bundle_bytes": len(data),
                "seal_ms": milliseconds(lambda: sealing.seal(contents, secret)),  # noqa: B023
                "open_ms": milliseconds(lambda: sealing.open_sealed(data, secret, contents.form)),  # noqa: B023
            }
        )
    return rows


def main() -> None:
    """Measure, print and write."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "learning.settings")
    import django

    django.setup()
    rows = measure()
    print("| items | figures of 40 kB | text, kB | bundle, kB | seal, ms | open, ms |")
    print("|---|---|---|---|---|---|")
    for row in rows:
        print(
            f"| {row['items']} | {row['figures']} | {row['paper_bytes'] / 1000:.1f} "
            f"| {row['bundle_bytes'] / 1000:.1f} | {row['seal_ms']:.1f} | {row['open_ms']:.1f} |"
        )
    benching.write_report("papers", rows)


if __name__ == "__main__":
    main()
