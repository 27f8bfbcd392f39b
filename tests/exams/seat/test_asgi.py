"""The seat service at its door: tokens, typed errors, pages, receipts."""

import asyncio
import gzip
from datetime import timedelta

import msgspec
import pytest
from django.db import connection
from django.utils import timezone, translation

from exams.seat import pace, protocol
from exams.seat.clock import give_extra_time
from exams.seat.journal import Request, now_ms, read_sheets, to_ms
from exams.seat.keys import (
    Claims,
    Receipt,
    ReceiptFile,
    is_genuine,
    issue_token,
    read_token,
    receipt_public_key,
)
from exams.seat.models import ClockChange, CloseReason, Sitting
from exams.seat.services import finalise_overdue, force_submit, receipt, take_seat
from exams.seat.views import enter
from learning import commit
from tests.exams.bank.factories import make_figure

from .conftest import answer, make_sitting

pytestmark = pytest.mark.django_db(transaction=True)


def entries(*changes):
    return {"entries": changes}


def choices(sitting):
    return read_sheets([sitting.pk])[sitting.pk].choices


def test_an_answer_is_acknowledged_with_the_servers_clock(seat, sitting, token):
    reply = seat.post(sitting, "entries", entries([2, 1, 3, False, 1000]), token)
    assert reply.status == 200
    assert reply.json["acked"] == 2
    assert reply.json["deadline"] == to_ms(sitting.deadline)
    assert abs(reply.json["now"] - now_ms()) < 60_000
    assert choices(sitting) == {1: 3}


def test_a_heartbeat_writes_nothing_and_tells_the_time(seat, sitting, token):
    reply = seat.post(sitting, "entries", entries(), token)
    assert (reply.status, reply.json["acked"], reply.json["next_seq"]) == (200, 0, 2)


def test_a_changed_deadline_rides_on_the_next_reply_of_a_cold_process(seat, sitting, token):
    longer = sitting.deadline + timedelta(minutes=15)
    Sitting.objects.filter(pk=sitting.pk).update(deadline=longer)
    assert seat.post(sitting, "entries", entries(), token).json["deadline"] == round(
        longer.timestamp() * 1000
    )


def test_answers_arriving_together_share_a_transaction_and_are_all_stored(seat, learner):
    sittings = [make_sitting(learner) for _ in range(20)]
    tokens = [take_seat(sitting, now=timezone.now()).token for sitting in sittings]

    async def all_at_once():
        return await asyncio.gather(
            *(
                seat._request(
                    "POST",
                    f"/seat/{s.pk}/entries",
                    b'{"entries":[[2,1,2,false,5]]}',
                    {"authorization": f"Bearer {t}"},
                )
                for s, t in zip(sittings, tokens, strict=True)
            )
        )

    assert {reply.status for reply in seat.runner.run(all_at_once())} == {200}
    assert all(choices(sitting) == {1: 2} for sitting in sittings)


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ([3, 1, 1, False, 0], 409, "sequence_gap"),
        ([2, 99, 1, False, 0], 422, "not_on_form"),
        ([2, 1, 9, False, 0], 422, "not_on_form"),
    ],
)
def test_what_the_journal_refuses_has_a_typed_error_and_the_next_number(
    seat, sitting, token, change, status, error
):
    reply = seat.post(sitting, "entries", entries(change), token)
    assert (reply.status, reply.json["error"], reply.json["next_seq"]) == (status, error, 2)
    assert choices(sitting) == {}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"{}",
        b'{"entries":[[2,1,1]]}',
        b'{"entries":[[0,1,1,false,0]]}',
        b'{"entries":[["2",1,1,false,0]]}',
        b'{"entries":[[2,1,1,false,-1]]}',
        b'{"entries":[[2,1,1,false,1e400]]}',
        b'{"entries":[[99999999999,1,1,false,0]]}',
        b'{"entries":[' + b",".join([b"[2,1,1,false,0]"] * 501) + b"]}",
    ],
)
def test_a_body_that_is_not_the_protocol_is_malformed(seat, sitting, token, body):
    reply = seat.request("POST", f"/seat/{sitting.pk}/entries", body, authorization=f"Bearer {token}")
    assert (reply.status, reply.json) == (400, {"error": "malformed"})


def test_a_body_beyond_the_limit_is_not_read(seat, sitting, token):
    body = b" " * (protocol.MAX_BODY_BYTES + 1)
    reply = seat.request("POST", f"/seat/{sitting.pk}/entries", body, authorization=f"Bearer {token}")
    assert (reply.status, reply.json) == (413, {"error": "too_large"})


def test_ten_thousand_entries_in_one_message_are_refused_whole(seat, sitting, token):
    """The shortest spelling there is: more than a body may have, so none of them is even decoded."""
    body = b'{"entries":[' + b",".join(b"[%d,1,1,false,0]" % seq for seq in range(2, 10_002)) + b"]}"
    reply = seat.request("POST", f"/seat/{sitting.pk}/entries", body, authorization=f"Bearer {token}")
    assert (reply.status, reply.json) == (413, {"error": "too_large"})
    assert choices(sitting) == {}
    assert seat.post(sitting, "entries", entries([2, 1, 1, False, 0]), token).json["acked"] == 2


@pytest.mark.parametrize("action", ["entries", "submit", ""])
def test_of_a_megabyte_in_pieces_only_the_first_are_taken(seat, sitting, token, action):
    pieces = [b" " * 16_384] * 64
    path = f"/seat/{sitting.pk}/{action}"
    reply, taken = seat.post_in_chunks(path, pieces, authorization=f"Bearer {token}")
    assert (reply.status, taken) == (413, protocol.MAX_BODY_BYTES // 16_384 + 1)


def test_a_megabyte_at_the_door_is_not_taken_either(seat):
    reply, taken = seat.post_in_chunks("/seat/enter", [b" " * 16_384] * 64)
    assert (reply.status, taken) == (413, protocol.MAX_BODY_BYTES // 16_384 + 1)


def test_a_body_that_comes_in_pieces_is_one_body(seat, sitting, token):
    pieces = [b'{"entries":[[2,1,', b"", b"3,false,0]", b"]}"]
    reply, _taken = seat.post_in_chunks(
        f"/seat/{sitting.pk}/entries", pieces, authorization=f"Bearer {token}"
    )
    assert (reply.json["acked"], choices(sitting)) == (2, {1: 3})


def test_a_forged_token_opens_nothing(seat, sitting, token):
    payload, _, mac = token.partition(".")
    forged = [f"{payload}.{'A' * len(mac)}", f"{payload[:-2]}AA.{mac}", payload, "", "é", f"{payload}."]
    for attempt in forged:
        reply = seat.request(
            "POST", f"/seat/{sitting.pk}/entries", b'{"entries":[]}', cookie=f"seat={attempt}"
        )
        assert (reply.status, reply.json) == (401, {"error": "token_invalid"})


def test_a_token_padded_with_what_its_spelling_skips_opens_nothing(seat, sitting, token):
    """A server that remembered every spelling of 60 KB would be out of memory after an hour of them."""
    assert seat.post(sitting, "entries", entries(), token + "!" * 60_000).status == 401


def test_an_expired_token_opens_nothing(seat, sitting):
    expired = issue_token(Claims(sitting.pk, 1, "th", 1))
    assert seat.post(sitting, "entries", entries(), expired).json == {"error": "token_expired"}


def test_a_token_of_another_sitting_opens_nothing(seat, sitting, outsider):
    other = take_seat(make_sitting(outsider), now=timezone.now()).token
    reply = seat.post(sitting, "entries", entries([2, 1, 1, False, 0]), other)
    assert (reply.status, reply.json) == (403, {"error": "wrong_sitting"})
    page = seat.request("GET", f"/seat/{sitting.pk}/", cookie=f"seat={other}")
    assert page.status == 403
    assert "ข้อใดถูกต้อง" not in page.text


def test_a_sitting_that_is_gone_is_unknown(seat, sitting):
    token = issue_token(Claims(10**9, 1, "th", 2**33))
    reply = seat.request("POST", f"/seat/{10**9}/entries", b'{"entries":[]}', authorization=f"Bearer {token}")
    assert (reply.status, reply.json["error"]) == (404, "unknown_sitting")
    assert seat.request("GET", f"/seat/{10**9}/", cookie=f"seat={token}").status == 404


def test_a_post_from_another_site_is_refused(seat, sitting, token):
    path = f"/seat/{sitting.pk}/entries"
    common = {"cookie": f"seat={token}", "host": "exam.example"}
    assert (
        seat.request("POST", path, b'{"entries":[]}', origin="https://evil.example", **common).status == 403
    )
    assert (
        seat.request("POST", path, b'{"entries":[]}', origin="https://exam.example", **common).status == 200
    )


@pytest.mark.parametrize("path", ["/seat/x/", "/seat/1/else", "/seat/1/entries"])
def test_other_addresses_get_a_page_that_helps(seat, path):
    reply = seat.request("GET", path)
    assert reply.status in {401, 404}
    if b"text/html" in reply.headers[b"content-type"]:
        assert "ไปที่หน้าของฉัน" in reply.text


def test_the_second_browser_takes_over_and_the_first_is_told(seat, sitting, token):
    seat.post(sitting, "entries", entries([2, 1, 1, False, 0]), token)
    second = take_seat(sitting, now=timezone.now()).token
    refused = seat.post(sitting, "entries", entries([3, 1, 4, False, 0]), token)
    assert (refused.status, refused.json["error"]) == (409, "superseded")
    assert seat.post(sitting, "entries", entries([4, 2, 2, False, 0]), second).status == 200
    assert choices(sitting) == {1: 1, 2: 2}
    page = seat.request("GET", f"/seat/{sitting.pk}/", cookie=f"seat={token}")
    assert page.status == 409
    assert "เปิดอยู่ในอุปกรณ์หรือหน้าต่างอื่น" in page.text


def test_submitting_closes_the_sitting_and_shows_a_receipt_that_verifies(seat, sitting, token):
    seat.post(sitting, "entries", entries([2, 1, 1, False, 0]), token)
    reply = seat.post(sitting, "submit", {"seq": 3, "client_ms": 5}, token)
    assert (reply.status, reply.json["closed"]) == (200, True)
    proof = receipt(Sitting.objects.get(pk=sitting.pk))
    assert isinstance(proof, Receipt)
    assert (proof.count, proof.answered, proof.reason) == (3, 1, CloseReason.SUBMITTED)
    assert is_genuine(proof)
    page = seat.request("GET", f"/seat/{sitting.pk}/", cookie=f"seat={token}")
    assert proof.head in page.text
    assert proof.signature in page.text
    assert receipt_public_key() in page.text


def test_a_doubled_submit_is_acknowledged(seat, sitting, token):
    for _ in range(2):
        reply = seat.post(sitting, "submit", {"seq": 2, "client_ms": 5}, token)
        assert (reply.status, reply.json["acked"]) == (200, 2)


def test_the_receipt_is_a_file_to_take_home_once_there_is_one(seat, sitting, token):
    path = f"/seat/{sitting.pk}/receipt.json"
    assert seat.request("GET", path, cookie=f"seat={token}").status == 404
    assert seat.post(sitting, "submit", {"seq": 2, "client_ms": 5}, token).status == 200
    reply = seat.request("GET", path, cookie=f"seat={token}")
    assert b"attachment" in reply.headers[b"content-disposition"]
    taken = msgspec.json.decode(reply.body, type=ReceiptFile)
    assert is_genuine(taken.receipt)
    assert taken.receipt == receipt(Sitting.objects.get(pk=sitting.pk))
    assert seat.request("GET", path).status == 401


def test_an_altered_receipt_is_not_genuine(sitting, token):
    force_submit([sitting.pk], actor=sitting.person, reason="ทดสอบ", now=timezone.now())
    proof = receipt(Sitting.objects.get(pk=sitting.pk))
    assert proof is not None
    assert not is_genuine(msgspec.structs.replace(proof, answered=4))
    assert not is_genuine(msgspec.structs.replace(proof, signature="zz"))


def test_answers_after_the_deadline_are_refused_and_those_before_it_stand(seat, learner):
    sitting = make_sitting(learner, minutes=1)
    token = take_seat(sitting, now=timezone.now()).token
    seat.post(sitting, "entries", entries([2, 1, 1, False, 0]), token)
    Sitting.objects.filter(pk=sitting.pk).update(deadline=timezone.now() - timedelta(minutes=1))
    cold = type(seat)(seat.runner)
    reply = cold.post(sitting, "entries", entries([3, 2, 1, False, 0]), token)
    cold.close()
    assert (reply.status, reply.json["error"]) == (409, "deadline_passed")
    assert choices(sitting) == {1: 1}


def test_the_finaliser_submits_what_is_overdue_and_nothing_else(learner):
    now = timezone.now()
    overdue, running = make_sitting(learner, minutes=-1), make_sitting(learner, minutes=5)
    assert finalise_overdue(now=now) == 1
    assert finalise_overdue(now=now) == 0
    overdue.refresh_from_db()
    running.refresh_from_db()
    assert (overdue.close_reason, running.closed_at) == (CloseReason.DEADLINE, None)


def test_the_finaliser_waits_for_what_is_under_way_at_the_deadline(learner, settings):
    sitting = make_sitting(learner, minutes=0.001)
    assert finalise_overdue(now=sitting.deadline + settings.SEAT_GRACE) == 0
    assert finalise_overdue(now=sitting.deadline + settings.SEAT_GRACE + timedelta(seconds=1)) == 1


def test_a_forced_submission_is_on_record(sitting, exam_officer):
    assert force_submit([sitting.pk], actor=exam_officer, reason="หมดเวลาสอบของห้อง", now=timezone.now()) == 1
    assert force_submit([sitting.pk], actor=exam_officer, reason="อีกครั้ง", now=timezone.now()) == 0
    sitting.refresh_from_db()
    assert sitting.close_reason == CloseReason.FORCED
    event = sitting.clock_events.get()
    assert (event.kind, event.actor, event.reason) == (ClockChange.FORCED, exam_officer, "หมดเวลาสอบของห้อง")


def test_a_closed_sitting_is_entered_for_its_receipt_only(seat, sitting, token):
    force_submit([sitting.pk], actor=sitting.person, reason="-", now=timezone.now())
    again = take_seat(sitting, now=timezone.now()).token
    assert read_token(again.encode(), now_s=0).generation == read_token(token.encode(), now_s=0).generation
    assert "ส่งแบบทดสอบเรียบร้อยแล้ว" in seat.request("GET", f"/seat/{sitting.pk}/", cookie=f"seat={again}").text


def test_the_cookie_is_for_this_sitting_and_out_of_scripts_reach(sitting):
    response = enter(sitting)
    cookie = response.cookies["seat"]
    assert response["Location"] == cookie["path"] == f"/seat/{sitting.pk}/"
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_the_page_holds_the_paper_and_never_the_key(seat, sitting, token):
    page = seat.request("GET", f"/seat/{sitting.pk}/", cookie=f"seat={token}")
    assert page.status == 200
    assert page.text.count("<fieldset") == 4
    assert b"no-store" in page.headers[b"cache-control"]
    assert b"script-src 'self'" in page.headers[b"content-security-policy"]


def test_a_figure_is_shown_inside_the_page(seat, sitting, token):
    figure = make_figure()
    shown = {"sha256": figure.pk, "alt": 'กราฟ "แท่ง"', "width": 1, "height": 1}
    sitting.form.paper["items"][0]["figure"] = shown
    sitting.form.save()
    page = seat.request("GET", f"/seat/{sitting.pk}/", cookie=f"seat={token}")
    assert f'<img src="{figure.data_url}" alt="กราฟ &quot;แท่ง&quot;" width="1" height="1"' in page.text
    assert page.text.count("<img") == 1
    assert b"data:" in page.headers[b"content-security-policy"].partition(b"img-src")[2].partition(b";")[0]


def test_markup_in_a_stem_is_text(seat, sitting, token):
    form = sitting.form
    form.paper["items"][0]["stem"] = "<script>alert(1)</script>"
    form.save()
    assert "<script>alert(1)" not in seat.request("GET", f"/seat/{sitting.pk}/", cookie=f"seat={token}").text


def test_the_page_is_compressed_where_the_browser_takes_it(seat, sitting, token):
    page = seat.request("GET", f"/seat/{sitting.pk}/", cookie=f"seat={token}", accept_encoding="gzip, br")
    assert b"fieldset" in gzip.decompress(page.body)


def test_without_scripts_the_form_saves_changes_reviews_and_submits(seat, sitting, token):
    path, cookie = f"/seat/{sitting.pk}/", f"seat={token}"
    saved = seat.request("POST", path, b"a1=3&a2=0&f2=on&action=save", cookie=cookie)
    assert "บันทึกคำตอบของท่านแล้ว" in saved.text
    sheet = read_sheets([sitting.pk])[sitting.pk]
    assert (sheet.choices, sheet.flags) == ({1: 3}, {2})
    review = seat.request("POST", path, b"a1=3&a2=0&f2=on&a3=1&action=review", cookie=cookie)
    assert "ตอบแล้ว 2 จาก 4 ข้อ" in review.text
    assert "ส่งแบบทดสอบเรียบร้อยแล้ว" in seat.request("POST", path, b"action=submit", cookie=cookie).text
    assert choices(sitting) == {1: 3, 3: 1}


def test_a_form_without_changes_writes_nothing(seat, sitting, token):
    path, cookie = f"/seat/{sitting.pk}/", f"seat={token}"
    for _ in range(2):
        seat.request("POST", path, b"a1=3&action=save", cookie=cookie)
    assert read_sheets([sitting.pk])[sitting.pk].count == 2


def test_a_form_with_nonsense_saves_what_makes_sense(seat, sitting, token):
    body = b"a1=2&a99=1&ax=1&a2=many&a3=%F0%9F&action=save"
    reply = seat.request("POST", f"/seat/{sitting.pk}/", body, cookie=f"seat={token}")
    assert reply.status == 200
    assert choices(sitting) == {1: 2}


def fill_the_disk(seat):
    """Let the writer's connection, until it is made anew, refuse to store as a full disk does."""

    def refuse():
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                # Room that earlier rows left would still be used.
                cursor.execute("VACUUM")
                cursor.execute("PRAGMA max_page_count = 1")
            else:
                cursor.execute("SET default_transaction_read_only = on")

    seat.runner.run(seat.service._writer.run(refuse))


def test_a_database_that_cannot_store_is_an_honest_503_and_the_answer_can_be_sent_again(seat, sitting, token):
    many = [[2 + n, n % 4 + 1, 1, False, 0] for n in range(400)]
    fill_the_disk(seat)
    reply = seat.post(sitting, "entries", entries(*many), token)
    assert (reply.status, reply.json["error"]) == (503, "unavailable")
    assert 1000 < reply.json["retry_ms"] < 10_000
    assert int(reply.headers[b"retry-after"]) * 1000 >= reply.json["retry_ms"]
    assert choices(sitting) == {}
    assert seat.post(sitting, "entries", entries(*many), token).json["acked"] == 401


def cut_the_connection(seat):
    """End the writer's connection to the database behind its back, as a restart or a firewall does."""

    def backend():
        if connection.vendor == "sqlite":
            connection.connection.close()
            return 0
        return connection.connection.info.backend_pid

    pid = seat.runner.run(seat.service._writer.run(backend))
    if pid:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])


def test_a_connection_that_ended_between_two_answers_costs_one_resend(seat, sitting, token):
    assert seat.post(sitting, "entries", entries([2, 1, 1, False, 0]), token).json["acked"] == 2
    cut_the_connection(seat)
    reply = seat.post(sitting, "entries", entries([3, 2, 4, False, 0]), token)
    assert (reply.status, reply.json["error"], b"retry-after" in reply.headers) == (503, "unavailable", True)
    again = seat.post(sitting, "entries", entries([3, 2, 4, False, 0]), token)
    assert (again.status, again.json["acked"]) == (200, 3)
    assert choices(sitting) == {1: 1, 2: 4}


def test_who_would_wait_too_long_is_told_when_to_come_back(seat, sitting, token, monkeypatch):
    monkeypatch.setattr(commit, "_MAX_GROUP", 10)
    seat.service._entries._spent = 1.0
    replies = []

    async def crowd():
        async def one():
            body, headers = b'{"entries":[]}', {"authorization": f"Bearer {token}"}
            replies.append(await seat._request("POST", f"/seat/{sitting.pk}/entries", body, headers))

        await asyncio.gather(*(one() for _ in range(20)))

    seat.runner.run(crowd())
    turned_away = [reply for reply in replies if reply.status == 503]
    assert len(turned_away) == 10
    assert all(reply.json["retry_ms"] > 5000 for reply in turned_away)


def test_receipts_of_a_whole_country_take_turns(seat, learner):
    turns = []
    for _ in range(5):
        sitting = make_sitting(learner)
        token = take_seat(sitting, now=timezone.now()).token
        turns.append(seat.post(sitting, "submit", {"seq": 2, "client_ms": 0}, token).json["receipt"])
        seat.service._receipts_until += 10
    assert turns[0] < 100
    assert [round(turn, -4) for turn in turns[1:]] == [10_000, 20_000, 30_000, 40_000]


def test_more_pages_than_a_process_can_show_are_an_honest_503(seat, sitting, token):
    seat.service._pages._limit = 0
    page = seat.request("GET", f"/seat/{sitting.pk}/", cookie=f"seat={token}")
    assert page.status == 503
    assert int(page.headers[b"retry-after"]) >= 5
    assert seat.post(sitting, "entries", entries([2, 1, 1, False, 0]), token).json["acked"] == 2


def test_nobody_is_turned_away_while_the_next_group_has_room(seat, sitting, token):
    """However slow the last one was: a single answer that met a busy disk says nothing about a thousand."""
    seat.service._entries._spent = 60.0
    assert seat.post(sitting, "entries", entries(), token).status == 200


@pytest.fixture
def clock(monkeypatch):
    """The steady clock of the pace, standing still until a test moves it."""
    seconds = [1000.0]
    monkeypatch.setattr(pace, "monotonic", lambda: seconds[0])
    return seconds


def test_a_program_that_asks_without_pause_is_told_to_wait_and_delays_nobody(
    seat, sitting, token, learner, clock
):
    other = make_sitting(learner)
    others = take_seat(other, now=timezone.now()).token
    replies = [seat.post(sitting, "entries", entries(), token) for _ in range(110)]
    assert replies[60].status == 200
    assert (replies[-1].status, replies[-1].json["error"]) == (429, "too_fast")
    assert replies[-1].json["retry_ms"] > 0
    assert int(replies[-1].headers[b"retry-after"]) >= 1
    assert seat.post(other, "entries", entries(), others).status == 200
    clock[0] += 1
    assert seat.post(sitting, "entries", entries(), token).status == 200
    # The next machine of the same candidate is another one.
    new = take_seat(sitting, now=timezone.now()).token
    assert seat.post(sitting, "entries", entries(), new).status == 200


def test_the_pace_forgets_who_is_not_ahead(monkeypatch, clock):
    monkeypatch.setattr(pace, "_REMEMBERED", 2)
    kept = pace.Pace()
    for sitting in (1, 2):
        kept.check(Claims(sitting, 1, "th", 0), pace.PAGE)
    clock[0] += 1
    kept.check(Claims(3, 1, "th", 0), pace.PAGE)
    assert list(kept._until) == [(3, 1)]


@pytest.mark.usefixtures("clock")
def test_pages_cost_more_than_messages(seat, sitting, token):
    statuses = [seat.request("GET", f"/seat/{sitting.pk}/", cookie=f"seat={token}").status for _ in range(15)]
    assert statuses[:8] == [200] * 8
    assert statuses[-1] == 429


def test_a_pass_without_an_opening_writes_nothing(seat, learner, exam_officer):
    """Entered when time was over, and never before; then the end moves."""
    late = make_sitting(learner, minutes=-5)
    token = take_seat(late, now=timezone.now()).token
    give_extra_time([late.pk], timedelta(minutes=30), actor=exam_officer, reason="ทดสอบ", now=timezone.now())
    reply = seat.post(late, "entries", entries([1, 1, 2, False, 5]), token)
    assert (reply.status, reply.json["error"]) == (409, "superseded")
    assert choices(late) == {}


def test_half_a_form_is_no_form(seat, sitting, token):
    """The other half would clear flags that nobody cleared."""
    seat.post(sitting, "entries", entries([2, 1, 3, True, 5]), token)
    parts = [
        {"type": "http.request", "body": b"a1=3&", "more_body": True},
        {"type": "http.disconnect"},
    ]
    reply = seat.request("POST", f"/seat/{sitting.pk}/", parts=parts, cookie=f"seat={token}")
    assert reply.status == 400
    assert read_sheets([sitting.pk])[sitting.pk].flags == {1}


@pytest.mark.parametrize("path", ["/seat/metrics/", "/seat/worker.js/", "/seat/receipt-key/"])
def test_public_addresses_have_one_spelling(seat, path):
    assert seat.request("GET", path).status == 401


def test_one_poisonous_request_does_not_harm_the_others_in_its_batch(seat, sitting, token):
    poison = Request(sitting.pk, 1, [answer(2, client_ms=2**70)], now_ms())
    healthy = Request(sitting.pk, 1, [answer(2, 1, 4)], now_ms())

    async def together():
        return await asyncio.gather(
            seat.service._entries.do(poison),
            seat.service._entries.do(healthy),
            return_exceptions=True,
        )

    bad, good = seat.runner.run(together())
    assert isinstance(bad, Exception)
    assert good.acknowledged == 2
    assert choices(sitting) == {1: 4}


def test_a_database_thread_that_takes_no_more_is_said_and_outlived(seat, sitting, token, monkeypatch):
    with monkeypatch.context() as full:
        full.setattr(seat.service._writer, "_limit", 0)
        assert seat.post(sitting, "entries", entries((2, 1, 3, False, 1)), token).status == 503
    assert seat.post(sitting, "entries", entries((2, 1, 3, False, 1)), token).json["acked"] == 2


def test_the_service_worker_and_the_receipt_key_are_public(seat):
    worker = seat.request("GET", "/seat/worker.js")
    assert (worker.status, worker.headers[b"content-type"]) == (200, b"text/javascript")
    assert seat.request("GET", "/seat/receipt-key").json["key"] == receipt_public_key()


def test_the_page_speaks_the_language_the_sitting_was_entered_in(seat, sitting):
    with translation.override("en"):
        token = take_seat(sitting, now=timezone.now()).token
    page = seat.request("GET", f"/seat/{sitting.pk}/", cookie=f"seat={token}")
    assert '<html lang="en">' in page.text
    assert "Check and submit" in page.text
