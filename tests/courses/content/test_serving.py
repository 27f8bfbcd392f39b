"""What the content origin sends, and to whom; over Django's WSGI handler and over ASGI alike."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pytest
from django.conf import settings as project_settings
from django.test import Client, RequestFactory
from django.utils import timezone
from django.utils.module_loading import import_string
from pytest_django.fixtures import Settings

from courses.content import registry, serving
from courses.content.models import StoredPackage
from courses.content.origin import ContentOrigin
from courses.content.services.packages import keep
from learning.people.models import Agency, Person
from tests.courses.packages.factories import PAGE, zipped

pytestmark = pytest.mark.django_db
HOST = "content.localhost:8000"


@dataclass(frozen=True)
class Reply:
    """What came back, whatever it came over."""

    status: int
    headers: dict[str, str]
    body: bytes


Get = Callable[..., Reply]


def _over_wsgi(path: str, *, host: str = HOST, method: str = "GET", **headers: str) -> Reply:
    client = Client(headers={"host": host} | headers)
    response = client.generic(method, quote(path, safe="/%?="))
    body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    response.close()
    return Reply(response.status_code, {k.lower(): v for k, v in response.items()}, body)


async def _portal(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b"portal"})


def _over_asgi(path: str, *, host: str = HOST, method: str = "GET", **headers: str) -> Reply:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    fields = [(b"host", host.encode()), *((k.encode(), v.encode()) for k, v in headers.items())]
    name, _mark, query = path.partition("?")
    scope = {
        "type": "http",
        "method": method,
        "path": unquote(name),
        "query_string": query.encode(),
        "headers": fields,
    }
    asyncio.run(ContentOrigin(_portal)(scope, receive, send))
    start, *bodies = sent
    return Reply(
        start["status"],
        {name.decode(): value.decode() for name, value in start["headers"]},
        b"".join(message["body"] for message in bodies),
    )


@pytest.fixture(params=[_over_wsgi, _over_asgi], ids=["wsgi", "asgi"])
def get(request: pytest.FixtureRequest) -> Get:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def path_of(package: StoredPackage) -> Callable[[str], str]:
    return lambda name: urlsplit(serving.address(package, name)).path


def test_a_page_comes_with_what_keeps_it_in_its_place(get: Get, path_of: Callable[[str], str]):
    reply = get(path_of("index.html"))
    assert (reply.status, reply.body.decode()) == (200, PAGE)
    assert reply.headers["content-type"] == "text/html"
    policy = reply.headers["content-security-policy"]
    assert "allow-scripts" in policy
    assert "allow-top-navigation" not in policy
    assert "frame-ancestors 'self' http://127.0.0.1:8000 http://localhost:8000" in policy
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["cross-origin-resource-policy"] == "same-origin"
    assert reply.headers["referrer-policy"] == "same-origin"
    assert reply.headers["content-length"] == str(len(PAGE.encode()))
    assert "set-cookie" not in reply.headers
    assert "access-control-allow-origin" not in reply.headers


@pytest.mark.parametrize("name", ["index.html", "ภาพ/รูป 100%.svg", "data.xml"])
def test_whatever_can_run_scripts_is_in_the_sandbox(get: Get, path_of: Callable[[str], str], name: str):
    reply = get(path_of(name))
    assert reply.status == 200
    assert reply.headers["content-security-policy"].startswith("sandbox allow-scripts")


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("script.js", "text/javascript"),
        ("ภาพ/รูป 100%.svg", "image/svg+xml"),
        ("film.webm", "video/webm"),
        ("doc.pdf", "application/pdf"),
        ("captions.vtt", "text/vtt"),
        ("noending", "text/plain"),
    ],
)
def test_every_file_has_its_media_type(get: Get, path_of: Callable[[str], str], name: str, media_type: str):
    assert get(path_of(name)).headers["content-type"] == media_type


def test_pages_of_the_portal_may_show_films_documents_and_captions(get: Get, path_of: Callable[[str], str]):
    for name in ("film.webm", "doc.pdf", "captions.vtt"):
        headers = get(path_of(name)).headers
        assert headers["access-control-allow-origin"] == "*"
        assert headers["cross-origin-resource-policy"] == "cross-origin"
    # No browser shows a document inside a sandbox.
    assert "sandbox" not in get(path_of("doc.pdf")).headers["content-security-policy"]
    assert "access-control-allow-origin" not in get(path_of("script.js")).headers


_FILM = b"\x1aE\xdf\xa3" + bytes(range(256)) * 4


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-", 0, 1028), ("bytes=0-3", 0, 4), ("bytes=1000-9999", 1000, 1028), ("bytes=-28", 1000, 1028)],
)
def test_parts_of_a_film(get: Get, path_of: Callable[[str], str], asked: str, start: int, end: int):
    reply = get(path_of("film.webm"), range=asked)
    assert (reply.status, reply.body) == (206, _FILM[start:end])
    assert reply.headers["content-range"] == f"bytes {start}-{end - 1}/1028"
    assert reply.headers["content-length"] == str(end - start)


@pytest.mark.parametrize("asked", ["bytes=1028-", "bytes=99999999999999999999999-", "bytes=-0"])
def test_parts_beyond_the_end(get: Get, path_of: Callable[[str], str], asked: str):
    reply = get(path_of("film.webm"), range=asked)
    assert (reply.status, reply.body) == (416, b"")
    assert reply.headers["content-range"] == "bytes */1028"


@pytest.mark.parametrize("asked", ["bytes=", "bytes=0-1,5-6", "lines=1-2", "bytes=9-1", "bytes=a-b"])
def test_parts_that_nobody_understands_are_the_whole(get: Get, path_of: Callable[[str], str], asked: str):
    reply = get(path_of("film.webm"), range=asked)
    assert (reply.status, reply.body) == (200, _FILM)


def test_a_browser_that_has_it_is_told_so(get: Get, path_of: Callable[[str], str]):
    tag = get(path_of("film.webm")).headers["etag"]
    reply = get(path_of("film.webm"), **{"if-none-match": f'"x", {tag}'})
    assert (reply.status, reply.body) == (304, b"")
    fresh = get(path_of("film.webm"), **{"if-range": tag, "range": "bytes=0-0"})
    assert fresh.status == 206
    stale = get(path_of("film.webm"), **{"if-range": '"other"', "range": "bytes=0-0"})
    assert (stale.status, stale.body) == (200, _FILM)


def test_head_says_as_much_and_sends_nothing(get: Get, path_of: Callable[[str], str]):
    reply = get(path_of("film.webm"), method="HEAD")
    assert (reply.status, reply.body, reply.headers["content-length"]) == (200, b"", "1028")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_nothing_can_be_written_here(get: Get, path_of: Callable[[str], str], method: str):
    assert get(path_of("index.html"), method=method).status == 405


@pytest.mark.parametrize(
    "name",
    [
        "missing.html",
        "ภาพ",
        "ภาพ/",
        "index.html/",
        "index.html/x",
        "../index.html",
        "x/../index.html",
        "./index.html",
        "ภาพ//รูป 100%.svg",
        "/etc/passwd",
        "..\\index.html",
        "index.html\0",
        "ก" * 300,
    ],
)
def test_only_files_of_the_package_are_found(get: Get, package: StoredPackage, name: str):
    reply = get(f"/{serving.grant(package)}/{quote(name)}")
    assert reply.status == 404
    assert reply.headers["content-type"].startswith("text/plain")
    assert reply.headers["content-security-policy"] == "default-src 'none'; sandbox"


def test_capital_letters_do_not_matter_as_on_many_authors_computers(get: Get, path_of: Callable[[str], str]):
    assert get(path_of("Index.HTML")).body.decode() == PAGE
    assert get(path_of("INDEX.html/x")).status == 404


@pytest.fixture
def site(media: Path, department: Agency) -> StoredPackage:
    """Pages made for a server of their own."""
    shell = '<link href="/a.css"><script src = \'/b.js\'></script><img src="//x.example/c"><a href="/">'
    files = {
        "index.html": shell,
        "chapter/index.htm": "chapter",
        "empty/picture.svg": "<svg/>",
        "a.css": "p { background: url(/b.svg) }",
        "b.js": "go('/data.json')",
        "r\u00e9sum\u00e9.html": PAGE,
    }
    return keep(zipped(files), "site.zip", owner=department, actor=None)


def test_a_folder_is_the_page_that_it_begins_with(get: Get, site: StoredPackage):
    grant = serving.grant(site)
    assert get(f"/{grant}/").body == get(f"/{grant}/index.html").body
    reply = get(f"/{grant}/chapter/")
    assert (reply.status, reply.body, reply.headers["content-type"]) == (200, b"chapter", "text/html")
    assert get(f"/{grant}/empty/").status == get(f"/{grant}/empty").status == 404
    assert get(f"/{grant}//").status == get(f"/{grant}/../").status == 404


def test_a_folder_without_its_slash_leads_to_it(get: Get, site: StoredPackage):
    grant = serving.grant(site)
    reply = get(f"/{grant}/chapter?lesson=1")
    assert (reply.status, reply.headers["location"]) == (307, f"/{grant}/chapter/?lesson=1")


def test_what_a_page_names_from_the_top_of_a_server_is_found_in_its_package(get: Get, site: StoredPackage):
    grant = serving.grant(site)
    page = get(f"/{grant}/index.html").body.decode()
    assert page == (
        f"<link href=\"/{grant}/a.css\"><script src = '/{grant}/b.js'></script>"
        f'<img src="//x.example/c"><a href="/{grant}/">'
    )
    asking = f"http://{HOST}/{grant}/a.css"
    reply = get("/b.svg?v=1", referer=asking)
    assert (reply.status, reply.headers["location"]) == (307, f"/{grant}/b.svg?v=1")
    assert reply.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "referer",
    ["", f"http://{HOST}/", f"http://{HOST}/x/a.css", "http://[", "http://other.example/{grant}/a.css"],
)
def test_only_a_page_that_was_opened_finds_files_from_the_top(get: Get, site: StoredPackage, referer: str):
    assert get("/b.js", referer=referer.format(grant=serving.grant(site))).status == 404


def test_letters_may_be_written_in_two_parts(get: Get, site: StoredPackage):
    assert get(f"/{serving.grant(site)}/re\u0301sume\u0301.html").status == 200


def test_no_way_leads_to_another_package(get: Get, package: StoredPackage, other_department: Agency):
    other = keep(
        zipped({"index.html": PAGE, "only-there.html": PAGE}), "b.zip", owner=other_department, actor=None
    )
    assert get(f"/{serving.grant(other)}/only-there.html").status == 200
    grant = serving.grant(package)
    assert get(f"/{grant}/only-there.html").status == 404
    for way in (
        f"../{other.id}/only-there.html",
        f"..%2f{other.id}%2fonly-there.html",
        f"{other.folder}only-there.html",
    ):
        assert get(f"/{grant}/{way}").status == 404


def test_a_grant_that_nobody_signed_opens_nothing(get: Get, package: StoredPackage):
    grant = serving.grant(package)
    other = serving.grant(StoredPackage())
    forged = f"{other.partition('.')[0]}.{grant.partition('.')[2]}"
    for wrong in ("", "-", "x", "a.b", grant[:-1], grant + "x", forged, package.id.hex, grant.swapcase()):
        reply = get(f"/{wrong}/index.html")
        assert (reply.status, PAGE.encode() in reply.body) == (404, False)


def test_a_grant_ends(package: StoredPackage):
    now = timezone.now()
    path = f"/{serving.grant(package, lasts=timedelta(hours=1), now=now)}/index.html"
    inside = serving.answer(HOST, "HEAD", path, {}, now=now + timedelta(minutes=59))
    assert inside.status == 200
    assert int(inside.headers["Cache-Control"].removeprefix("private, max-age=")) <= 3660
    after = serving.answer(HOST, "GET", path, {}, now=now + timedelta(hours=2))
    assert after.status == 403
    assert "หมดเวลา" in after.body.decode()


def test_no_service_worker_settles_here(get: Get, path_of: Callable[[str], str]):
    assert get(path_of("script.js"), **{"service-worker": "script"}).status == 404


def test_nothing_of_the_portal_answers_on_the_content_host(get: Get, learner: Person):
    for path in (
        "/",
        "/livez",
        "/readyz",
        "/accounts/login/",
        "/courses/",
        "/seat/metrics",
        "/room/live",
        "/static/x.css",
    ):
        reply = get(path)
        assert reply.status == 404
        assert "set-cookie" not in reply.headers
        assert b"<html" not in reply.body


def test_a_session_means_nothing_on_the_content_host(client: Client, learner: Person):
    client.force_login(learner)
    response = client.get("/my/", headers={"host": HOST})
    assert response.status_code == 404
    assert "Set-Cookie" not in response.headers
    assert "Vary" not in response.headers


def test_nothing_of_a_package_answers_on_the_portals_hosts(path_of: Callable[[str], str]):
    for host in ("127.0.0.1:8000", "localhost:8000", "testserver"):
        reply = _over_wsgi(path_of("index.html"), host=host)
        assert (reply.status, PAGE.encode() in reply.body) == (404, False)
        assert _over_asgi(path_of("index.html"), host=host).body == b"portal"


@pytest.mark.parametrize("host", ["evil.example", "x.content.localhost:8000", "content.localhost.:8000", ""])
def test_other_hosts_get_neither(path_of: Callable[[str], str], host: str):
    assert _over_asgi(path_of("index.html"), host=host).body == b"portal"
    reply = _over_wsgi(path_of("index.html"), host=host or "-")
    assert (reply.status, PAGE.encode() in reply.body) == (400, False)


def test_where_an_origin_is_configured_only_that_one_is_it(
    get: Get, package: StoredPackage, settings: Settings
):
    settings.CONTENT_ORIGIN = "https://content.example.go.th"
    settings.PUBLIC_ORIGIN = "https://learning.example.go.th"
    address = serving.address(package, "index.html")
    assert address.startswith("https://content.example.go.th/")
    reply = get(urlsplit(address).path, host="Content.Example.go.th")
    assert reply.status == 200
    policy = reply.headers["content-security-policy"]
    assert "frame-ancestors 'self' https://learning.example.go.th" in policy
    assert "localhost" not in policy
    assert " http:" not in policy
    assert get(urlsplit(address).path, host=HOST).status != 200


def test_addresses_have_the_port_the_portal_is_read_at(package: StoredPackage, rf: RequestFactory):
    request = rf.get("/learn/", headers={"host": "localhost:8123"})
    assert serving.address(package, "ก b.html", request=request, grant="g") == (
        "http://content.localhost:8123/g/%E0%B8%81%20b.html"
    )


def test_the_platform_shares_only_what_was_registered(get: Get, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(registry, "_shared", ["catalogue/sugg"])
    reply = get("/-/catalogue/suggestions.js")
    assert (reply.status, reply.headers["content-type"]) == (200, "text/javascript")
    assert reply.headers["cache-control"] == "no-cache"
    assert get("/-/catalogue/suggestions.js", **{"if-none-match": reply.headers["etag"]}).status == 304
    for path in ("/-/portal/x", "/-/catalogue/sugg/../../seat/seat.js", "/-/", "/-/catalogue/sugg"):
        assert get(path).status == 404


def test_the_content_origin_stands_in_front_of_everything():
    application = import_string(project_settings.ASGI_APPLICATION)
    assert isinstance(application, ContentOrigin)
    assert project_settings.MIDDLEWARE[1] == "courses.content.origin.ContentOriginMiddleware"


def test_whoever_goes_away_is_not_read_to(package: StoredPackage, media: Any):
    (media / package.folder / "film.webm").write_bytes(bytes(4 << 20))
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": f"/{serving.grant(package)}/film.webm",
        "headers": [(b"host", HOST.encode())],
    }
    asyncio.run(ContentOrigin(_portal)(scope, receive, send))
    assert sum(len(message.get("body", b"")) for message in sent) < 4 << 20
