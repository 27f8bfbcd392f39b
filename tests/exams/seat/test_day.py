"""Exam day at the service's door: the code, the sealed paper, the key, and what the machines tell."""

import asyncio
import hashlib
import http.cookies
import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection
from django.utils import timezone
from django.utils.html import escape
from prometheus_client.parser import text_string_to_metric_families

from exams.papers import services as papers
from exams.papers.assembly import DrawRule
from exams.seat import admissions, asgi, clock, door, presence
from exams.seat.http import Rejected
from exams.seat.journal import now_ms, to_ms
from exams.seat.models import Presence, Silence, Sitting
from exams.seat.protocol import Status
from exams.seat.services import take_seat
from learning import commit
from tests.exams.bank.factories import fill_bank, make_bank

from .conftest import make_sitting

pytestmark = pytest.mark.django_db(transaction=True)

NUMBER = "6900000001"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def code(sitting):
    return admissions.admit({sitting.pk: NUMBER}, now=timezone.now())[sitting.pk]


def enter(seat, code, *, number=NUMBER, nonce="page"):
    body = b'{"number":"%s","code":"%s","nonce":"%s"}' % (number.encode(), code.encode(), nonce.encode())
    return seat.request("POST", "/seat/enter", body, content_type="application/json")


def enter_by_form(seat, code, *, number=NUMBER):
    body = urlencode({"number": number, "code": code, "nonce": "page"}).encode()
    return seat.request("POST", "/seat/enter", body, content_type="application/x-www-form-urlencoded")


@pytest.fixture
def sealed(learner):
    """A sitting that begins in ten minutes, with its form in an envelope."""
    bank = make_bank()
    fill_bank(bank)
    rules = [DrawRule(topic.pk, "", 4) for topic in bank.topics.all()]
    form = papers.make_form(title="ภาค ก.", bank=bank, rules=rules)
    papers.seal_forms("รอบเช้า", [form])
    now = timezone.now()
    return Sitting.objects.create(
        person=learner, form=form, starts_at=now + 10 * MINUTE, deadline=now + 70 * MINUTE
    )


@pytest.fixture
def sealed_token(sealed):
    return take_seat(sealed, now=timezone.now()).token


def start_now(sitting):
    Sitting.objects.filter(pk=sitting.pk).update(starts_at=timezone.now() - timedelta(seconds=1))


def get(seat, sitting, what, token):
    return seat.request("GET", f"/seat/{sitting.pk}/{what}", authorization=f"Bearer {token}")


def test_number_and_code_become_a_pass(seat, sitting, code):
    reply = enter(seat, code.lower())
    assert reply.status == 200
    assert reply.json["path"] == f"/seat/{sitting.pk}/"
    assert f"seat={reply.json['token']}; Path=/seat/{sitting.pk}/" in reply.headers[b"set-cookie"].decode()
    assert b"HttpOnly" in reply.headers[b"set-cookie"]
    answered = seat.post(sitting, "entries", {"entries": [[2, 1, 1, False, 0]]}, reply.json["token"])
    assert answered.json["acked"] == 2


def test_without_scripts_the_form_leads_into_the_sitting(seat, sitting, code):
    assert "รหัสจากผู้คุมห้องสอบ" in seat.request("GET", "/seat/").text
    reply = enter_by_form(seat, code)
    assert (reply.status, reply.headers[b"location"]) == (303, f"/seat/{sitting.pk}/".encode())
    page = seat.request("GET", f"/seat/{sitting.pk}/", cookie=reply.headers[b"set-cookie"].decode())
    assert page.status == 200


def test_a_wrong_code_says_how_many_tries_are_left(seat, sitting, code):
    reply = enter(seat, "000000" if code != "000000" else "000001")
    assert (reply.status, reply.json) == (403, {"error": "wrong_code", "left": 4})
    page = enter_by_form(seat, "000000" if code != "000000" else "000001")
    assert page.status == 403
    assert "ลองได้อีก 3 ครั้ง" in page.text
    assert f'value="{NUMBER}"' in page.text


def test_a_guessed_code_is_locked_and_stays_so(seat, sitting, code):
    wrong = "000000" if code != "000000" else "000001"
    for _ in range(admissions.MAX_FAILURES):
        enter(seat, wrong)
    assert enter(seat, code).json == {"error": "code_locked"}


def test_one_address_may_fail_only_so_often_whichever_numbers_it_tries(seat, sitting, code, monkeypatch):
    monkeypatch.setattr(door, "_MAX_FAILURES", 5)
    for place in range(5):
        assert enter(seat, "000000", number=f"68{place:08}").json == {"error": "not_admitted"}
    reply = enter(seat, code)
    assert (reply.status, reply.json["error"]) == (429, "too_many_tries")
    assert 50_000 < reply.json["retry_ms"] < 70_000
    assert int(reply.headers[b"retry-after"]) * 1000 >= reply.json["retry_ms"]
    page = enter_by_form(seat, code)
    assert (page.status, b"retry-after" in page.headers) == (429, True)
    assert "โปรดรอหนึ่งนาที" in page.text
    seat.address = "203.0.113.8"
    assert enter(seat, code).status == 200


def test_a_centre_behind_one_address_may_fail_once_for_each_who_gets_in(seat, learner, monkeypatch):
    monkeypatch.setattr(door, "_MAX_FAILURES", 2)
    monkeypatch.setattr(door, "_MOST_FAILURES", 6)
    numbers = {(sitting := make_sitting(learner)).pk: f"69{sitting.pk:08}" for _ in range(6)}
    codes = admissions.admit(numbers, now=timezone.now())

    def mistype():
        return enter(seat, "000000", number="1").status

    for pk, number in numbers.items():
        assert enter(seat, codes[pk], number=number).status == 200
        assert mistype() == 403
    assert mistype() == 429


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", ""])
def test_a_proxy_that_says_nothing_of_who_asks_is_not_braked_for_everybody(seat, code, address, monkeypatch):
    monkeypatch.setattr(door, "_MAX_FAILURES", 1)
    seat.address = address
    for _ in range(3):
        assert enter(seat, "000000", number="1").json == {"error": "not_admitted"}
    assert enter(seat, code).status == 200


def test_a_form_that_meets_an_overloaded_door_gets_a_page_and_a_time_to_come_back(seat, code, monkeypatch):
    monkeypatch.setattr(commit, "_MAX_GROUP", 0)
    monkeypatch.setattr(commit, "_MAX_WAITING", 0)
    page = enter_by_form(seat, code)
    assert page.status == 503
    assert int(page.headers[b"retry-after"]) >= 2
    assert b"text/html" in page.headers[b"content-type"]
    assert "รอสักครู่" in page.text
    assert enter(seat, code).json["error"] == "unavailable"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"number":1,"code":"A"}', b'{"number":"' + b"1" * 41 + b'","code":"A"}']
)
def test_an_entry_that_is_none_is_malformed(seat, body):
    reply = seat.request("POST", "/seat/enter", body, content_type="application/json")
    assert (reply.status, reply.json) == (400, {"error": "malformed"})


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"number":"1","code":"A","more":' + b"[" * 30_000 + b"]" * 30_000 + b"}", "application/json"),
        (b"a&" * 30_000, "application/x-www-form-urlencoded"),
    ],
)
def test_brackets_and_fields_without_end_are_malformed(seat, body, content_type):
    reply = seat.request("POST", "/seat/enter", body, content_type=content_type)
    assert reply.status == 400
    assert (b'"malformed"' in reply.body) == (content_type == "application/json")


@pytest.mark.parametrize("number", ["6900000001\\u0000", "ก", "' OR 1=1 --"])
def test_a_number_that_is_none_keeps_nobody_from_entering(seat, sitting, code, number):
    async def together():
        bodies = [f'{{"number":"{number}","code":"{code}"}}', f'{{"number":"{NUMBER}","code":"{code}"}}']
        headers = {"content-type": "application/json"}
        requests = (seat._request("POST", "/seat/enter", body.encode(), headers) for body in bodies)
        return await asyncio.gather(*requests)

    strange, entered = seat.runner.run(together())
    assert (strange.status, strange.json) == (403, {"error": "not_admitted"})
    assert entered.status == 200


def test_a_nonce_that_no_page_makes_is_malformed(seat, code):
    assert enter(seat, code, nonce="\\u0000").status == 400


def test_a_page_that_asks_again_without_end_is_refused(seat, sitting, code):
    replies = [enter(seat, code) for _ in range(admissions.MAX_USES + 2)]
    assert [reply.status for reply in replies] == [200] * admissions.MAX_USES + [403] * 2
    assert replies[-1].json == {"error": "code_used"}
    assert sitting.journal.count() == admissions.MAX_USES


def test_the_door_opens_its_page_for_everybody_alike(seat):
    """The page is drawn once; only its nonce, and the number typed before, are somebody's own."""
    first, second = (seat.request("GET", "/seat/").text for _ in range(2))
    nonces = [re.findall('name="nonce" value="([0-9a-f]{32})"', page)[0] for page in (first, second)]
    assert nonces[0] != nonces[1]
    assert first.replace(nonces[0], nonces[1]) == second
    for number in ('"><script>', "{nonce}"):
        assert f'name="number" value="{escape(number)}"' in enter_by_form(seat, "0", number=number).text


def test_the_language_of_the_door_is_the_portals(seat):
    page = seat.request("GET", "/seat/", cookie='other="\\"; django_language=en')
    assert '<html lang="en">' in page.text


def test_a_cookie_full_of_backslashes_costs_nothing(seat, monkeypatch):
    """Python's own reader of cookies takes the square of their number."""
    monkeypatch.setattr(http.cookies, "_unquote", None)
    assert seat.request("GET", "/seat/", cookie='django_language="' + "\\" * 8000 + '"').status == 200


def test_a_network_of_many_addresses_is_one_guesser(monkeypatch):
    monkeypatch.setattr(door, "_MAX_FAILURES", 2)
    brake = door.Brake()
    for address in ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", "::ffff:192.0.2.1", "192.0.2.1"):
        brake.count(address, is_failure=True)
    for address in ("2001:db8:0:1::3", "192.0.2.1", "::ffff:192.0.2.1"):
        with pytest.raises(Rejected):
            brake.check(address)
    for address in ("2001:db8:0:2::1", "192.0.2.2", "somewhere:else"):
        brake.check(address)


def test_a_guesser_with_many_addresses_sets_nobody_free(monkeypatch):
    monkeypatch.setattr(door, "_MAX_FAILURES", 1)
    monkeypatch.setattr(door, "_REMEMBERED", 3)
    brake = door.Brake()
    for last in range(1, 5):
        brake.count(f"192.0.2.{last}", is_failure=True)
    for last in (2, 3, 4):
        with pytest.raises(Rejected):
            brake.check(f"192.0.2.{last}")
    brake.check("192.0.2.1")


def test_browsers_are_told_to_come_encrypted_where_the_portal_tells_them(seat, settings):
    settings.SECURE_HSTS_SECONDS = 0
    assert b"strict-transport-security" not in seat.request("GET", "/seat/").headers
    settings.SECURE_HSTS_SECONDS = 31536000
    assert seat.request("GET", "/seat/").headers[b"strict-transport-security"] == b"max-age=31536000"


def test_a_form_of_another_site_enters_nobody(seat, code):
    for origin in ("https://evil.example", "null", "http://["):
        reply = seat.request("POST", "/seat/enter", b"{}", origin=origin, host="exam.example")
        assert (reply.status, reply.json["error"]) == (403, "foreign_origin")


def test_a_whole_room_enters_at_the_same_moment(seat, learner):
    sittings = [make_sitting(learner) for _ in range(30)]
    numbers = {sitting.pk: f"69{sitting.pk:08}" for sitting in sittings}
    codes = admissions.admit(numbers, now=timezone.now())

    async def together():
        return await asyncio.gather(
            *(
                seat._request(
                    "POST",
                    "/seat/enter",
                    b'{"number":"%s","code":"%s"}' % (numbers[pk].encode(), codes[pk].encode()),
                    {"content_type": "application/json"},
                )
                for pk in numbers
            )
        )

    replies = seat.runner.run(together())
    assert [reply.json["path"] for reply in replies] == [f"/seat/{pk}/" for pk in numbers]


def test_the_second_machine_takes_the_sitting_over(seat, sitting, code, exam_officer):
    first = enter(seat, code).json["token"]
    new = admissions.move(sitting.pk, actor=exam_officer, reason="จอดับ", now=timezone.now())
    second = enter(seat, new, nonce="elsewhere").json["token"]
    assert seat.post(sitting, "entries", {"entries": []}, first).json["error"] == "superseded"
    assert seat.post(sitting, "entries", {"entries": [[3, 1, 1, False, 0]]}, second).json["acked"] == 3


def test_the_waiting_room_is_told_where_the_bundle_is_and_when_to_ask_for_its_key(
    seat, sealed, sealed_token, settings
):
    paper = get(seat, sealed, "paper", sealed_token).json
    spread = settings.SEAT_KEY_SPREAD.total_seconds() * 1000
    assert paper["starts"] == to_ms(sealed.starts_at)
    assert 0 <= paper["key_at"] - paper["starts"] < spread
    bundle = seat.request("GET", paper["bundle"])
    assert hashlib.sha256(bundle.body).hexdigest() == paper["sha256"]
    assert b"immutable" in bundle.headers[b"cache-control"]
    part = seat.request("GET", paper["bundle"], range="bytes=10-19")
    assert (part.status, part.body) == (206, bundle.body[10:20])


def test_the_machines_of_a_room_ask_for_the_key_at_different_moments(seat, sealed, settings):
    settings.SEAT_KEY_SPREAD = MINUTE
    moments = set()
    for _ in range(10):
        sitting = Sitting.objects.create(
            person=sealed.person, form=sealed.form, starts_at=sealed.starts_at, deadline=sealed.deadline
        )
        token = take_seat(sitting, now=timezone.now()).token
        moments.add(get(seat, sitting, "paper", token).json["key_at"] // 2000)
    assert len(moments) == 10


def test_the_key_is_nobodys_before_the_start(seat, sealed, sealed_token):
    reply = get(seat, sealed, "key", sealed_token)
    assert (reply.status, reply.json["error"], reply.json["opens"]) == (
        425,
        "too_early",
        to_ms(sealed.starts_at),
    )
    early = seat.post(sealed, "entries", {"entries": [[2, 1, 1, False, 0]]}, sealed_token)
    assert (early.status, early.json["error"]) == (425, "too_early")


def test_from_the_start_on_the_key_opens_the_bundle(seat, sealed, sealed_token):
    start_now(sealed)
    paper = get(seat, sealed, "paper", sealed_token).json
    key = get(seat, sealed, "key", sealed_token).json["key"]
    opened = papers.open_bundle(seat.request("GET", paper["bundle"]).body, key, paper["form"])
    assert [item.stem for item in opened.items] == [item["stem"] for item in sealed.form.paper["items"]]


def test_a_paused_room_gets_no_key(seat, sealed, sealed_token, exam_officer):
    clock.pause([sealed.pk], actor=exam_officer, reason="-", now=timezone.now())
    start_now(sealed)
    reply = get(seat, sealed, "key", sealed_token)
    assert (reply.status, reply.json["error"]) == (409, "paused")


def test_a_pass_that_was_taken_over_gets_no_key(seat, sealed, sealed_token):
    start_now(sealed)
    take_seat(sealed, now=timezone.now())
    assert get(seat, sealed, "key", sealed_token).json["error"] == "superseded"


def test_a_stranger_gets_neither_paper_nor_key(seat, sealed, sitting, token):
    start_now(sealed)
    for what in ("paper", "key"):
        assert get(seat, sealed, what, "forged").status == 401
        assert get(seat, sealed, what, token).json["error"] == "wrong_sitting"


def test_a_sitting_without_sealed_paper_says_so(seat, sitting, token):
    assert get(seat, sitting, "paper", token).json["error"] == "not_sealed"


def test_a_bundle_is_served_in_parts_by_name_and_only_once(seat, sealed, sealed_token):
    paper = get(seat, sealed, "paper", sealed_token).json
    whole = seat.request("GET", paper["bundle"])
    assert (whole.status, whole.headers[b"content-length"]) == (200, str(paper["size"]).encode())
    head = seat.request("HEAD", paper["bundle"])
    assert (head.body, head.headers[b"content-length"]) == (b"", str(paper["size"]).encode())
    part = seat.request("GET", paper["bundle"], range="bytes=6-")
    assert (part.status, part.body) == (206, whole.body[6:])
    known = seat.request("GET", paper["bundle"], if_none_match=f'"{paper["sha256"]}"')
    assert (known.status, known.body, b"content-length" in known.headers) == (304, b"", False)


def test_an_unknown_bundle_is_not_found(seat):
    assert seat.request("GET", f"/seat/papers/{'0' * 64}").status == 404
    assert seat.request("GET", "/seat/papers/../secret").status == 404


def test_a_bundle_altered_by_one_byte_on_the_disk_is_not_served(seat, sealed, sealed_token):
    paper = get(seat, sealed, "paper", sealed_token).json
    name, whole = paper["sha256"], papers.bundle(paper["sha256"])
    papers.bundle.cache_clear()
    store(name, whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
    reply = seat.request("GET", paper["bundle"])
    assert (reply.status, reply.json) == (422, {"error": "bundle_altered"})
    store(name, whole)
    assert seat.request("GET", paper["bundle"]).body == whole


def store(name, data):
    storages["papers"].delete(name)
    storages["papers"].save(name, ContentFile(data))


def test_a_pause_rides_on_the_next_reply(seat, sitting, token, exam_officer):
    now = timezone.now()
    clock.pause([sitting.pk], actor=exam_officer, reason="-", now=now)
    cold = type(seat)(seat.runner)
    assert cold.post(sitting, "entries", {"entries": []}, token).json["paused"] == to_ms(now)
    cold.close()


def test_the_server_says_when_to_speak_again_and_spreads_it(seat, sitting, token):
    beats = {seat.post(sitting, "entries", {"entries": []}, token).json["beat"] for _ in range(20)}
    assert len(beats) > 10
    assert all(22_000 < beat < 28_000 for beat in beats)


@pytest.mark.parametrize(
    ("active", "is_paused", "beat"),
    [
        (0, False, 25_000),
        (21_250, False, 25_000),
        (34_000, False, 40_000),
        (100_000, False, 60_000),
        (100_000, True, 10_000),
    ],
)
def test_idle_machines_speak_as_often_as_the_process_can_hear(active, is_paused, beat):
    assert presence.beat_ms(active, is_paused=is_paused) == beat


@pytest.mark.parametrize(("active", "promised_s"), [(20_000, 29), (10**6, 70)])
def test_extra_time_reaches_idle_machines_within_what_consoles_promise(active, promised_s):
    """100,000 seats at five processes within half a minute, the network included; any number within 70 s."""
    latest_ms = presence.beat_ms(active, is_paused=False) * (1 + asgi._BEAT_SPREAD)
    assert latest_ms / 1000 + asgi._CHORE_S < promised_s


def heard(seat):
    seat.runner.run(seat.service._listener.run(seat.service._presences.write))


def test_what_a_machine_says_of_itself_reaches_the_console(seat, sitting, token):
    status = [now_ms() + 90_000, 7, 2, 1, 3, 4, True]
    seat.post(sitting, "entries", {"entries": [], "status": status}, token)
    heard(seat)
    found = Presence.objects.get(sitting=sitting)
    assert (found.answered, found.flagged, found.unsent, found.loads, found.left) == (7, 2, 1, 3, 4)
    assert found.is_durable
    assert found.generation == 1
    assert abs(found.drift_ms - 90_000) < 2000
    assert abs(found.seen_ms - now_ms()) < 5000


def test_a_machine_says_whether_it_has_its_paper_and_one_that_does_not_is_not_doubted(seat, sitting, token):
    for said, known in (([False], False), ([True], True), ([False], False), ([], True)):
        status = [0, 0, 0, 0, 1, 0, True, *said]
        seat.post(sitting, "entries", {"entries": [], "status": status}, token)
        heard(seat)
        assert Presence.objects.get(sitting=sitting).has_paper is known


def test_a_page_that_says_nothing_of_itself_leaves_what_is_known(seat, sitting, token):
    seat.post(sitting, "entries", {"entries": [], "status": [0, 7, 0, 0, 1, 0, True]}, token)
    heard(seat)
    seat.request("POST", f"/seat/{sitting.pk}/", b"a1=3&action=save", cookie=f"seat={token}")
    heard(seat)
    assert Presence.objects.get(sitting=sitting).answered == 7


def test_a_machine_that_was_shut_out_says_nothing_about_the_seat(seat, sitting, token):
    take_seat(sitting, now=timezone.now())
    seat.post(sitting, "entries", {"entries": [], "status": [0, 7, 0, 0, 1, 0, True]}, token)
    heard(seat)
    assert not Presence.objects.exists()


@pytest.mark.parametrize(
    "status",
    [[], [0, -1, 0, 0, 0, 0, True], [0, 1, 0, 0, 0, 0, 1], [0, 2**15, 0, 0, 0, 0, True], [0] * 6 + [True, 1]],
)
def test_a_status_that_is_none_is_malformed(seat, sitting, token, status):
    reply = seat.post(sitting, "entries", {"entries": [], "status": status}, token)
    assert (reply.status, reply.json) == (400, {"error": "malformed"})


def test_a_silence_is_found_also_by_another_process(sitting):
    quiet = Status(0, 0, 0, 0, 0, 0, is_durable=True)
    first, second = presence.Presences(), presence.Presences()
    first.hear(sitting.pk, 1, quiet, 1_000_000)
    first.write()
    for process, at in ((first, 1_060_000), (second, 1_100_000), (second, 1_200_000), (first, 1_250_000)):
        process.hear(sitting.pk, 1, quiet, at)
        process.write()
    assert list(Silence.objects.values_list("from_ms", "to_ms")) == [(1_100_000, 1_200_000)]
    assert Presence.objects.get().seen_ms == 1_250_000


def test_what_could_not_be_written_is_written_the_next_time(sitting):
    process = presence.Presences()
    process.hear(sitting.pk, 1, None, 1_000_000)
    with connection.execute_wrapper(broken), pytest.raises(OSError, match="away"):
        process.write()
    process.hear(sitting.pk, 1, None, 1_001_000)
    process.write()
    assert Presence.objects.get().seen_ms == 1_001_000


def broken(_execute, _sql, _params, _many, _context):
    raise OSError("away")


def test_a_room_of_machines_is_written_in_a_few_statements(learner, django_assert_max_num_queries):
    process = presence.Presences()
    for sitting in [make_sitting(learner) for _ in range(30)]:
        process.hear(sitting.pk, 1, Status(0, 1, 0, 0, 1, 0, is_durable=True), 1_000_000)
    with django_assert_max_num_queries(6):
        process.write()
    assert Presence.objects.count() == 30


def scraped(seat, **headers):
    return seat.request("GET", "/seat/metrics", **headers)


def test_figures_are_for_this_machine_or_for_who_has_the_token(seat, sitting, token, settings):
    assert scraped(seat).status == 404
    settings.METRICS_TOKEN = "prometheus"
    assert scraped(seat, authorization="Bearer guess").status == 404
    seat.post(sitting, "entries", {"entries": [[2, 1, 1, False, 0]]}, token)
    assert "seat_acknowledged_entries_total" in scraped(seat, authorization="Bearer prometheus").text


# Every figure; docs/operations.md says what each is for, and shows alerts that use these names.
FIGURES = {
    "seat_acknowledged_entries_total",
    "seat_refused_total",
    "seat_reply_seconds",
    "seat_flush_jobs",
    "seat_flush_seconds",
    "seat_lag_seconds",
    "seat_waiting_jobs",
    "seat_active_sittings",
    "seat_clock_feed_age_seconds",
}


def figures(seat):
    """All samples as Prometheus reads them: {(name, labels): value}."""
    seat.address = "127.0.0.1"
    families = text_string_to_metric_families(scraped(seat).text)
    samples = (sample for family in families for sample in family.samples)
    return {(sample.name, *sorted(sample.labels.items())): sample.value for sample in samples}


def test_every_figure_is_told_and_documented(seat, sitting, token, settings):
    seat.post(sitting, "entries", {"entries": [[2, 1, 1, False, 0], [2, 9, 9, False, 0]]}, token)
    names = {name for name, *_labels in figures(seat) if not name.endswith("_created")}
    names = {name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count") for name in names}
    assert names == FIGURES
    text = (settings.BASE_DIR / "docs" / "operations.md").read_text()
    assert set(re.findall(r"^\| `(seat_\w+)", text, re.MULTILINE)) == FIGURES
    used = set(re.findall(r"\bseat_\w+", text))
    assert {name.removesuffix("_bucket") for name in used} <= FIGURES


def test_what_is_stored_and_what_is_refused_counts(seat, sitting, token):
    before = figures(seat)
    seat.post(sitting, "entries", {"entries": [[2, 1, 1, False, 0], [3, 2, 1, False, 0]]}, token)
    seat.post(sitting, "entries", {"entries": [[9, 1, 1, False, 0]]}, token)
    seat.post(sitting, "entries", {"entries": []}, "forged")
    seat.request("GET", "/seat/nonsense/")
    after = figures(seat)

    def grown(*key):
        return after.get(key, 0) - before.get(key, 0)

    assert grown("seat_acknowledged_entries_total") == 2
    assert grown("seat_refused_total", ("error", "sequence_gap")) == 1
    assert grown("seat_refused_total", ("error", "token_invalid")) == 2
    assert grown("seat_reply_seconds_count", ("action", "entries")) == 3
    groups = grown("seat_flush_seconds_count")
    assert groups == grown("seat_lag_seconds_count") == grown("seat_flush_jobs_count") > 0
    assert after["seat_lag_seconds_sum",] - before["seat_lag_seconds_sum",] >= (
        after["seat_flush_seconds_sum",] - before["seat_flush_seconds_sum",]
    )
