"""Exam day at the service's door: the code, the sealed paper, the key, and what the machines tell."""

import asyncio
import hashlib
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.utils import timezone

from exams.papers import services as papers
from exams.papers.assembly import DrawRule
from exams.seat import admissions, clock, door, presence
from exams.seat.journal import now_ms, to_ms
from exams.seat.models import Presence, Silence, Sitting
from exams.seat.protocol import Status
from exams.seat.services import take_seat
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
    assert (enter(seat, code).status, enter(seat, code).json) == (429, {"error": "too_many_tries"})


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"number":1,"code":"A"}', b'{"number":"' + b"1" * 41 + b'","code":"A"}']
)
def test_an_entry_that_is_none_is_malformed(seat, body):
    reply = seat.request("POST", "/seat/enter", body, content_type="application/json")
    assert (reply.status, reply.json) == (400, {"error": "malformed"})


def test_a_form_of_another_site_enters_nobody(seat, code):
    reply = seat.request("POST", "/seat/enter", b"{}", origin="https://evil.example", host="exam.example")
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


def test_an_unknown_bundle_is_not_found_and_an_altered_one_not_served(seat, sealed, sealed_token):
    assert seat.request("GET", f"/seat/papers/{'0' * 64}").status == 404
    assert seat.request("GET", "/seat/papers/../secret").status == 404


def test_a_pause_rides_on_the_next_reply(seat, sitting, token, exam_officer):
    now = timezone.now()
    clock.pause([sitting.pk], actor=exam_officer, reason="-", now=now)
    cold = type(seat)(seat.runner)
    assert cold.post(sitting, "entries", {"entries": []}, token).json["paused"] == to_ms(now)
    cold.close()


def test_the_server_says_when_to_speak_again_and_spreads_it(seat, sitting, token):
    beats = {seat.post(sitting, "entries", {"entries": []}, token).json["beat"] for _ in range(20)}
    assert len(beats) > 10
    assert all(24_000 < beat < 30_000 for beat in beats)


@pytest.mark.parametrize(
    ("active", "is_paused", "beat"),
    [
        (0, False, 27_000),
        (21_600, False, 27_000),
        (40_000, False, 50_000),
        (100_000, False, 60_000),
        (100_000, True, 10_000),
    ],
)
def test_idle_machines_speak_as_often_as_the_process_can_hear(active, is_paused, beat):
    assert presence.beat_ms(active, is_paused=is_paused) == beat


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
    "status", [[], [0, -1, 0, 0, 0, 0, True], [0, 1, 0, 0, 0, 0, 1], [0, 2**15, 0, 0, 0, 0, True]]
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
    text = scraped(seat, authorization="Bearer prometheus").text
    for name in (
        "acknowledged_entries_total",
        "flush_jobs_count",
        "flush_seconds_sum",
        "reply_seconds_bucket",
    ):
        assert f"seat_{name}" in text
    assert 'seat_reply_seconds_count{action="entries"}' in text
