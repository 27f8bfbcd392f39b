import re

import pytest

from courses.catalogue.markdown import render


def test_headings_go_below_the_pages_own_and_one_that_repeats_it_is_left_out():
    html = render("# ชื่อบท\n\nย่อหน้า\n\n## หัวข้อ\n", title="ชื่อบท")
    assert "<h1" not in html
    assert "ชื่อบท" not in html
    assert "<h3>หัวข้อ</h3>" in html
    assert "<h2>ชื่อบท</h2>" in render("# ชื่อบท", title="อื่น")


def test_tables_have_headers_and_scroll_by_themselves():
    html = render("| ก | ข |\n|---|:--|\n| 1 | 2 |\n")
    assert '<th scope="col">ก</th>' in html
    assert '<div class="table-scroll" tabindex="0"><table class="table">' in html
    assert "style" not in html


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[เปิด](javascript:alert(1))",
        "[เปิด](data:text/html;base64,PHNjcmlwdD4=)",
        "[เปิด](  JaVaScRiPt:alert(1))",
        "![ภาพ](https://elsewhere.example/track.png)",
        "<div style='position:fixed'>x</div>",
        '<a href="x" onclick="alert(1)">x</a>',
        "[x](https://a.example 'y\" onmouseover=alert(1)')",
    ],
)
def test_nothing_that_an_author_writes_runs_or_is_fetched(source):
    tags = re.findall(r"<(\w+)([^>]*)>", render(source))
    assert {tag for tag, _attributes in tags} <= {"p", "a"}
    for _tag, attributes in tags:
        assert not re.search(r"\bon\w+=|style=|javascript:|data:", re.sub(r'title="[^"]*"', "", attributes))


def test_links_lead_out_without_handing_over_the_window():
    assert 'rel="noopener noreferrer"' in render("[สขร.](https://www.example.go.th)")
