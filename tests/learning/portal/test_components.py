"""The parts that pages are built from."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Paginator
from django.template import engines
from django.template.loader import render_to_string
from django.test import RequestFactory

from learning.portal import registry
from learning.portal.registry import NavigationEntry, Panel


@pytest.fixture
def request_to(rf: RequestFactory):
    def make(path: str, user: object = None, **query: str):
        request = rf.get(path, query)
        request.user = user or AnonymousUser()  # type: ignore[assignment]
        return request

    return make


@pytest.fixture(autouse=True)
def _registry_of_its_own(monkeypatch):
    """Let each test register what it needs and forget it afterwards."""
    monkeypatch.setattr(registry, "_navigation", [])
    monkeypatch.setattr(registry, "_panels", [])


def draw(source: str, request: object = None, **context: object) -> str:
    return str(engines["django"].from_string(source).render(context, request))  # type: ignore[arg-type]


def test_entries_stand_in_their_order_with_the_section_marked(request_to):
    registry.add_navigation(NavigationEntry("หน่วยงาน", "portal:agencies", order=20))
    registry.add_navigation(NavigationEntry("หน้าแรก", "portal:home", order=10))
    links = registry.links(request_to("/agency/7/"))
    assert [(link.label, link.current) for link in links] == [("หน้าแรก", ""), ("หน่วยงาน", "true")]


def test_an_entry_is_hidden_from_those_without_its_permission(request_to, learner, administrator):
    registry.add_navigation(NavigationEntry("หน่วยงาน", "portal:agencies", "portal.list_agencies"))
    assert registry.links(request_to("/")) == []
    assert registry.links(request_to("/", learner)) == []
    assert len(registry.links(request_to("/", administrator))) == 1


def test_a_request_refused_before_sign_in_was_read_still_gets_a_menu(rf):
    registry.add_navigation(NavigationEntry("หน้าแรก", "portal:home"))
    registry.add_navigation(NavigationEntry("หน่วยงาน", "portal:agencies", "portal.list_agencies"))
    assert [link.label for link in registry.links(rf.get("/"))] == ["หน้าแรก"]


def count_of(request: object, agency: int) -> dict[str, object]:
    return {"count": agency}


def nothing(request: object, agency: int = 0) -> None:
    return None


def test_panels_are_asked_for_their_context_and_left_out_where_they_have_none(request_to):
    registry.add_panel(Panel("agency", "second.html", count_of, order=2))
    registry.add_panel(Panel("agency", "first.html", count_of, order=1))
    registry.add_panel(Panel("agency", "empty.html", nothing))
    registry.add_panel(Panel("my", "elsewhere.html", nothing))
    shown = registry.panels(request_to("/"), "agency", agency=7)
    assert shown == [("first.html", {"count": 7}), ("second.html", {"count": 7})]


def test_a_panel_is_not_asked_where_the_person_may_not_see_it(request_to, learner):
    def explode(request):
        raise AssertionError

    registry.add_panel(Panel("staff", "a.html", explode, "people.staff"))
    assert registry.panels(request_to("/", learner), "staff") == []


def test_panels_draw_with_their_own_context_and_see_the_pages(request_to):
    panels = [("portal/parts/status_tag.html", {"label": "<b>", "kind": "info"})]
    html = draw("{% draw_panels panels %}{{ label }}", request_to("/"), panels=panels, label="ของหน้า")
    assert html == '<span class="status-tag status-info">&lt;b&gt;</span>\nของหน้า'


def test_breadcrumbs_lead_from_the_front_page_to_here():
    html = draw('{% breadcrumbs "เจ้าหน้าที่" "portal:staff" "คลัง" "/bank/oia/" "ข้อ 1" %}')
    places = [html.index(part) for part in ('href="/"', 'href="/staff/"', 'href="/bank/oia/"', "ข้อ 1")]
    assert places == sorted(places)
    assert 'aria-current="page">ข้อ 1<' in html


def test_pagination_keeps_the_search_and_names_the_page(request_to):
    page = Paginator(range(300), 20).get_page(7)
    html = draw("{% pagination page %}", request_to("/", q="ข้อมูล"), page=page)
    assert "q=%E0%B8%82" in html
    assert 'aria-current="page"' in html
    assert "แสดงรายการที่ 121–140 จาก 300 รายการ" in html
    assert 'rel="prev"' in html
    assert 'rel="next"' in html


def test_one_page_needs_no_pagination(request_to):
    assert not draw("{% pagination page %}", request_to("/"), page=Paginator([1], 20).get_page(1)).strip()


def test_progress_asks_again_until_it_is_done():
    context = {"label": "นำเข้า", "url": "/x/", "maximum": 10}
    running = render_to_string("portal/parts/progress.html", {**context, "value": 4})
    assert 'hx-trigger="every 2s"' in running
    assert '<progress id="progress-bar" value="4" max="10">' in running
    assert "เสร็จแล้ว 4 จาก 10 รายการ" in running
    finished = render_to_string("portal/parts/progress.html", {**context, "value": 10})
    assert "hx-get" not in finished


def test_progress_without_scripts_offers_a_link():
    html = render_to_string(
        "portal/parts/progress.html", {"label": "นำเข้า", "url": "/x/", "maximum": 10, "value": 4}
    )
    assert '<noscript><p><a href="/x/">ดูความคืบหน้าล่าสุด</a></p></noscript>' in html


def test_a_page_that_asks_before_it_destroys_offers_a_way_back(request_to):
    context = {"title": "ลบแบบร่าง", "action": "ลบ", "danger": True, "cancel_url": "/bank/"}
    html = render_to_string("portal/confirm.html", context, request_to("/"))
    assert '<button class="btn btn-danger" type="submit">ลบ</button>' in html
    assert '<a href="/bank/">ยกเลิกและย้อนกลับ</a>' in html


def test_a_summary_row_names_what_its_link_changes():
    rows = [{"label": "ชื่อ", "value": "สมหญิง\nใจดี", "change_url": "/a/"}, {"label": "อีเมล", "value": ""}]
    html = render_to_string("portal/parts/summary_list.html", {"rows": rows})
    assert 'แก้ไข<span class="visually-hidden"> ชื่อ</span>' in html
    assert "สมหญิง<br>ใจดี" in html
    assert "<dd>–</dd>" in html
