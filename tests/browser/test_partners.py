"""From a course page to a tool on another site and into the lesson there, with and without scripts."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.urls import reverse
from joserfc import jwt
from joserfc.jwk import KeySet

from courses.partners.services import keys
from tests.courses.partners.factories import make_placement, make_tool

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


class Tool(BaseHTTPRequestHandler):
    """A tool's web pages: the login goes back to the platform, the launch shows that somebody arrived."""

    platform = ""
    method = "get"
    received: list[dict[str, str]] = []

    def do_GET(self):
        told = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        if not told:
            self.send_error(404)
            return
        asked = {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": told["client_id"],
            "redirect_uri": f"http://{self.headers['Host']}/launch",
            "state": "s",
            "nonce": "n",
            "login_hint": told["login_hint"],
            "lti_message_hint": told["lti_message_hint"],
        }
        if self.method == "get":
            self.send_response(302)
            self.send_header("Location", f"{self.platform}?{urlencode(asked)}")
            self.end_headers()
        else:
            fields = "".join(f'<input name="{name}" value="{value}">' for name, value in asked.items())
            self.show(f'<form method="post" action="{self.platform}">{fields}<button>Go</button></form>')

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.received.append({name: values[0] for name, values in parse_qs(body).items()})
        self.show("<h1>Welcome to the lesson</h1>")

    def show(self, html):
        page = f"<!doctype html><link rel=icon href=data:,><title>Tool</title>{html}".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_args):
        pass


@pytest.fixture
def tool_site(live_server, settings):
    settings.PUBLIC_ORIGIN = live_server.url
    Tool.platform = live_server.url + reverse("partners:authorise")
    Tool.received = []
    # The live server is localhost: to a browser another address of this machine is another site.
    server = ThreadingHTTPServer(("127.0.0.1", 0), Tool)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("scripts", "method"), [(True, "get"), (False, "get"), (True, "post")])
def test_a_learner_arrives_in_the_lesson_of_a_partner(open_page, learner, tool_site, scripts, method):
    Tool.method = method
    placement = make_placement(
        make_tool(login_url=f"{tool_site}/login", redirect_uris=f"{tool_site}/launch"),
        external_url="https://tool.example/lesson/1",
    )
    page = open_page(
        reverse("catalogue:course", args=[placement.course.code]), person=learner, width=360, scripts=scripts
    )
    page.get_by_role("link", name="ไปยังเว็บไซต์ของ").click()
    if method == "post":
        page.get_by_role("button", name="Go").click()
    if not scripts:
        page.get_by_role("button", name="ดำเนินการต่อ").click()
    page.get_by_role("heading", name="Welcome to the lesson").wait_for()
    (sent,) = Tool.received
    published: object = keys.published()
    claims = jwt.decode(sent["id_token"], KeySet.import_key_set(published)).claims  # type: ignore[arg-type]
    assert (
        claims["https://purl.imsglobal.org/spec/lti/claim/target_link_uri"] == "https://tool.example/lesson/1"
    )
    page.goto(f"{urlsplit(Tool.platform)._replace(path=reverse('portal:my')).geturl()}")
    assert placement.course.name_th in page.text_content("main")
