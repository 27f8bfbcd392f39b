"""The page of a package, and what run-times ask and send."""

import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from courses.content import serving
from courses.player.models import ItemProgress, Launch, Registration, UnitProgress, UnitStatus
from courses.player.services.launches import Contents, launch
from courses.player.services.registrations import preview, take_session
from courses.player.views.launch import LAUNCHES_A_MINUTE
from courses.player.views.runtime import MOST_A_MINUTE
from tests.courses.packages.factories import package
from tests.courses.player.packages import in_package, kept, scorm

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(media, learner, department):
    """A learner's package page, not yet opened by any device."""
    registration, unit, _session = in_package(learner, kept(scorm("A", "B", assets=("B",)), department))
    registration.session = ""
    registration.save(update_fields=["session"])
    return reverse("player:unit", args=[registration.pk, unit.pk])


def frame(response) -> str:
    found = re.search(r'<iframe[^>]* src="([^"]+)"', response.content.decode())
    assert found is not None
    return found[1].replace("&amp;", "&")


def secret_in(response) -> str:
    return parse_qs(urlsplit(frame(response)).fragment)["secret"][0]


def send(client, what, secret, **message):
    body = json.dumps({"secret": secret, **message})
    return client.post(
        reverse(f"player:run-{what}"),
        body,
        content_type="text/plain;charset=UTF-8",
        headers={"Origin": serving.origin()},
    )


@pytest.fixture
def opened(learner, place, settings):
    """The secret of a launch; `client` is a run-time without cookies, and the learner stays signed in."""
    settings.CONTENT_ORIGIN = "https://content.example.go.th"
    browser = Client()
    browser.force_login(learner)
    return secret_in(browser.get(place))


def test_the_package_is_framed_from_its_own_origin(client, learner, place):
    client.force_login(learner)
    response = client.get(place)
    address = urlsplit(frame(response))
    assert address.netloc.split(":")[0] == "content.localhost"
    assert "allow-top-navigation" not in response.content.decode()
    policy = response.headers["Content-Security-Policy"]
    assert f"frame-src 'self' {address.scheme}://{address.netloc};" in f"{policy};"
    # What opens the launch is in the fragment, which is sent to no server.
    assert not address.query
    assert parse_qs(address.fragment)["portal"] == ["http://testserver/learn/run/"]


def test_who_runs_no_scripts_is_told_why_the_frame_stays_empty(client, learner, place):
    client.force_login(learner)
    page = client.get(place).text
    (told,) = re.findall("<noscript><p[^>]*>(บทเรียนนี้ต้องใช้สคริปต์[^<]*)</p></noscript>", page)
    assert page.index(told) < page.index("<iframe")


def test_only_the_learner_opens_it(client, place, outsider, agency_officer):
    assert client.get(place).status_code == 302
    for person in (outsider, agency_officer):
        client.force_login(person)
        assert client.get(place).status_code == 403
    assert not Launch.objects.exists()


@pytest.fixture
def never(media, learner, department):
    """A package whose items all wait for one that is not there."""
    needs = '<adlcp:prerequisites type="aicc_script">GONE = "passed"</adlcp:prerequisites>'
    return in_package(learner, kept(scorm("A", "B", A=needs, B=needs), department))


def test_a_package_of_which_nothing_opens_shows_its_contents_and_why(client, learner, never):
    registration, unit, _session = never
    Registration.objects.update(session="")
    client.force_login(learner)
    address = reverse("player:unit", args=[registration.pk, unit.pk])
    for asked in ({}, {"item": "B"}):
        response = client.get(address, asked)
        assert response.status_code == 403
        assert "บทที่ A" in response.text
        assert "บทเรียนนี้จะเปิดเมื่อท่านเรียนบทเรียนก่อนหน้าในชุดบทเรียนจบแล้ว" in response.text
        assert "<iframe" not in response.text
    assert not Launch.objects.exists()


def test_who_previews_opens_every_item(client, administrator, never):
    registration, unit, _session = never
    looked_at = preview(administrator, registration.version)
    client.force_login(administrator)
    address = reverse("player:unit", args=[looked_at.pk, unit.pk])
    assert "<iframe" in client.get(address, {"item": "B"}).text


def test_an_unknown_item_is_not_found(client, learner, place):
    client.force_login(learner)
    assert client.get(place, {"item": "Z"}).status_code == 404
    assert "บทที่ B" in client.get(place, {"contents": "", "item": "B"}).content.decode()


def test_a_run_time_is_told_what_it_starts(client, opened):
    told = send(client, "open", opened).json()
    assert told["kind"] == "scorm-1.2"
    assert told["address"].startswith("https://content.example.go.th/")
    assert told["address"].endswith("/A.html")
    assert told["cmi"]["core"]["entry"] == "ab-initio"


def test_a_commit_needs_no_cookie_and_only_the_content_origin_reads_the_answer(client, opened):
    send(client, "open", opened)
    reply = send(
        client, "commit", opened, sequence=1, state={"cmi": {"core": {"lesson_status": "completed"}}}
    )
    assert reply.json() == {
        "is_kept": True,
        "sequence": 1,
        "item": {"is_completed": True, "is_passed": None, "score": None},
        "unit": "started",
    }
    assert reply.headers["Access-Control-Allow-Origin"] == "https://content.example.go.th"
    assert "Access-Control-Allow-Credentials" not in reply.headers


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://testserver"])
def test_no_other_origin_speaks_to_it(client, opened, origin):
    body = json.dumps({"secret": opened})
    reply = client.post(
        reverse("player:run-open"), body, content_type="text/plain", headers={"Origin": origin}
    )
    assert reply.status_code == 403
    assert reply.json()["error"] == "commit_from_elsewhere"


def test_a_wrong_secret_opens_nothing(client, opened):
    reply = send(client, "commit", opened[:-1] + "-", sequence=1, state={})
    assert (reply.status_code, reply.json()["error"]) == (410, "launch_ended")
    assert not ItemProgress.objects.exists()


def test_a_device_that_lost_the_course_is_told(client, opened):
    launch = Launch.objects.get()
    take_session(launch.registration, "Safari · iPhone")
    reply = send(client, "commit", opened, sequence=1, state={})
    assert (reply.status_code, reply.json()["error"]) == (409, "session_taken")


def test_reading_and_changing_methods_and_bodies_that_are_none(client, opened):
    assert client.get(reverse("player:run-commit")).status_code == 405
    reply = client.post(reverse("player:run-commit"), b"\xff", content_type="text/plain")
    assert (reply.status_code, reply.json()["error"]) == (400, "commit_unreadable")
    large = send(client, "commit", opened, sequence=1, state={"cmi": {"suspend_data": "x" * (1 << 20)}})
    assert (large.status_code, large.json()["error"]) == (413, "commit_too_large")


def test_a_flood_is_slowed_and_loses_nothing(client, opened):
    send(client, "open", opened)
    replies = [
        send(client, "commit", opened, sequence=number, state={"cmi": {"n": number}})
        for number in range(1, MOST_A_MINUTE + 5)
    ]
    assert replies[-1].status_code == 429
    assert int(replies[-1].headers["Retry-After"]) > 0
    kept_until = ItemProgress.objects.get(item="A").sequence
    assert [reply.status_code for reply in replies[:kept_until]] == [200] * kept_until
    assert ItemProgress.objects.get(item="A").state["cmi"] == {"n": kept_until}


def test_a_flood_over_many_launches_is_slowed_too(client, learner, place, settings):
    settings.CONTENT_ORIGIN = "https://content.example.go.th"
    browser = Client()
    browser.force_login(learner)
    answers = []
    for number in range(3):
        secret = secret_in(browser.get(place))
        state = {"cmi": {"n": number}}
        answers += [send(client, "commit", secret, sequence=1, state=state) for _ in range(MOST_A_MINUTE)]
    assert {answer.status_code for answer in answers[: 2 * MOST_A_MINUTE]} == {200}
    assert {answer.status_code for answer in answers[2 * MOST_A_MINUTE :]} == {429}
    pages = [browser.get(place).status_code for _ in range(LAUNCHES_A_MINUTE)]
    assert pages[0] == 200
    assert pages[-1] == 429


def test_a_commit_reaches_the_learner_of_its_launch_and_nobody_else(
    client, opened, media, outsider, department
):
    """Whoever is signed in where it comes from, and whatever launch it says it was made in."""
    registration, unit, session = in_package(outsider, kept(scorm("A"), department, "other.zip"))
    theirs, _secret = launch(registration, unit, "A", session)
    client.force_login(outsider)
    done = {"cmi": {"core": {"lesson_status": "completed"}}}
    reply = send(client, "commit", opened, sequence=1, launch=str(theirs.pk), state=done)
    assert reply.status_code == 200
    assert not registration.items.exists()
    assert not registration.progress.exists()
    for named in ({"registration": str(registration.pk)}, {"unit": unit.pk}, {"item": "A"}):
        assert send(client, "commit", opened, sequence=2, state=done, **named).status_code == 400


def test_an_asset_is_done_when_it_was_opened(client, learner, place, settings):
    settings.CONTENT_ORIGIN = "https://content.example.go.th"
    client.force_login(learner)
    secret = secret_in(client.get(place, {"item": "B"}))
    assert not ItemProgress.objects.exists()
    send(client, "open", secret)
    assert ItemProgress.objects.get(item="B").is_completed


def test_pages_in_a_zip_are_marked_as_done_by_their_learner(client, media, learner, department):
    registration, unit, _session = in_package(learner, kept(package("html"), department))
    registration.session = ""
    registration.save(update_fields=["session"])
    address = reverse("player:unit", args=[registration.pk, unit.pk])
    client.force_login(learner)
    page = client.get(address).content.decode()
    item = re.search(r'name="item" value="([^"]*)"', page)
    assert item is not None
    assert client.post(address, {"item": item[1]}).status_code == 302
    assert UnitProgress.objects.get().status == UnitStatus.COMPLETED


def test_nobody_marks_as_done_what_reports_itself(client, learner, place):
    client.force_login(learner)
    client.get(place)
    reply = client.post(place, {"item": "A"}, headers={"Accept": "application/json"})
    assert (reply.status_code, reply.json()["error"]) == (409, "not_marked_by_hand")


def test_what_was_reached_is_shown_without_a_reload(client, media, learner, department):
    silent = package("h5p", **{"H5P.Quiz-1.2/quiz.js": "start()"})
    registration, unit, _session = in_package(learner, kept(silent, department))
    registration.session = ""
    registration.save(update_fields=["session"])
    address = reverse("player:unit", args=[registration.pk, unit.pk])
    client.force_login(learner)
    page = client.get(address).content.decode()
    item = Contents(registration, unit).startable[0].unit.id
    for text in (page, client.get(address, {"contents": "", "item": item}).content.decode()):
        assert "กำลังเรียน" in text
        assert "ทำเครื่องหมายว่าเรียนแล้ว" in text
    client.post(address, {"item": item})
    fresh = client.get(address, {"contents": "", "item": item}).content.decode()
    assert "ทำเครื่องหมายว่าเรียนแล้ว" not in fresh
    assert "กำลังเรียน" not in fresh
    assert UnitProgress.objects.get().status == UnitStatus.COMPLETED
