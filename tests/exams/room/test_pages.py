"""Who sees which page of a room, what the pages post, and what they cost."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from exams.papers.services import paper_key
from exams.registration.models import Placement, RoomDuty, Round, Seat
from exams.room.models import Action, Incident
from exams.room.scopes import Scope
from exams.room.services import actions
from exams.seat.admissions import MAX_FAILURES
from exams.seat.models import Admission
from learning.people.models import AuditEntry, RoleGrant
from tests.exams.knowledge.pages import statuses
from tests.exams.room.conftest import admitted, closed, order, present

pytestmark = pytest.mark.django_db

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64
JPEG = b"\xff\xd8\xff\xe0" + b"0" * 64
WEBP = b"RIFF\x10\x00\x00\x00WEBPVP8 " + b"0" * 64


@pytest.fixture
def cast(invigilator, exam_officer, auditor, colleague, learner, administrator):
    """Owner, officer, auditor, the invigilator of the other room, a learner, an administrator, nobody."""
    return (invigilator, exam_officer, auditor, colleague, learner, administrator, None)


def path(name: str, scope: Scope, *args: object) -> str:
    return reverse(f"room:{name}", args=[scope.round.pk, scope.target.pk, *args])


def form(*placements: Placement, **values: object) -> dict[str, object]:
    chosen: dict[str, object] = (
        {"seat": [placement.pk for placement in placements]} if placements else {"all": "1"}
    )
    return {"reason": "ทดสอบ", "key": str(uuid.uuid4())} | chosen | values


# Who may see what ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["room", "room-incidents", "room-pass"])
def test_a_room_is_watched_by_those_on_duty_and_overseers(client, scope, cast, name):
    assert statuses(client, path(name, scope), *cast) == [200, 200, 200, 403, 403, 403, 302]


@pytest.mark.parametrize("name", ["room-check-in", "room-codes", "room-new-incident"])
def test_work_at_the_door_is_for_those_who_act(client, scope, cast, name):
    assert statuses(client, path(name, scope), *cast) == [200, 200, 403, 403, 403, 403, 302]


@pytest.mark.parametrize("kind", ["pause", "resume", "extra_time", "force_submit", "end", "show_key"])
def test_acting_on_a_room_is_for_those_who_act(client, scope, cast, kind):
    found = statuses(client, path("room-act", scope, kind) + "?all=1", *cast)
    assert found == [200, 200, 403, 403, 403, 403, 302]


@pytest.mark.parametrize(
    "kind", ["admit", "withdraw", "move", "pause", "resume", "extra_time", "force_submit"]
)
def test_acting_on_a_seat_is_for_those_who_act(client, scope, cast, placements, kind):
    found = statuses(client, path("room-act", scope, kind) + f"?seat={placements[0].pk}", *cast)
    assert found == [200, 200, 403, 403, 403, 403, 302]


def test_one_seat_is_seen_by_those_who_watch_its_room(client, scope, cast, placements):
    address = path("seat", scope, placements[0].pk)
    assert statuses(client, address, *cast) == [200, 200, 200, 403, 403, 403, 302]


def test_a_photograph_is_seen_by_those_who_watch_its_room(client, scope, cast, placements):
    placements[0].candidate.photograph.save("face.png", ContentFile(PNG))
    address = path("photograph", scope, placements[0].pk)
    assert statuses(client, address, *cast) == [200, 200, 200, 403, 403, 403, 302]
    client.force_login(cast[0])
    assert client.get(path("photograph", scope, placements[1].pk)).status_code == 404


def test_an_incidents_picture_is_seen_by_those_who_watch_its_room(client, scope, cast, round_, other_room):
    incident = Incident.objects.create(round=scope.round, room=scope.room, text="ไฟดับ", author=cast[0])
    incident.picture.save("x.png", ContentFile(PNG))
    address = path("incident-picture", scope, incident.pk)
    assert statuses(client, address, *cast) == [200, 200, 200, 403, 403, 403, 302]
    # Not through the other room either.
    elsewhere = Scope(round_, other_room.centre, other_room)
    assert statuses(client, path("incident-picture", elsewhere, incident.pk), cast[3]) == [404]


def test_a_seat_of_another_room_is_not_there(client, scope, round_, other_room, invigilator):
    elsewhere = Placement.objects.filter(seat__room=other_room)[0]
    client.force_login(invigilator)
    for name in ("seat", "photograph"):
        assert client.get(path(name, scope, elsewhere.pk)).status_code == 404


def test_centres_and_rounds_are_for_overseers(client, scope, cast):
    centre = reverse("room:centre", args=[scope.round.pk, scope.centre.pk])
    for address in (centre, reverse("room:round", args=[scope.round.pk])):
        assert statuses(client, address, *cast) == [403, 200, 200, 403, 403, 403, 302]


@pytest.mark.parametrize("kind", ["pause", "resume", "extra_time", "force_submit"])
def test_acting_on_a_centre_or_a_round_is_the_exam_officers(client, scope, cast, kind):
    centre = reverse("room:centre-act", args=[scope.round.pk, scope.centre.pk, kind])
    for address in (centre, reverse("room:round-act", args=[scope.round.pk, kind])):
        assert statuses(client, address, *cast) == [403, 200, 403, 403, 403, 403, 302]


@pytest.mark.parametrize("kind", ["admit", "withdraw", "move", "end", "show_key", "nonsense"])
def test_what_is_for_seats_is_not_for_a_whole_round(client, scope, exam_officer, kind):
    client.force_login(exam_officer)
    assert client.get(reverse("room:round-act", args=[scope.round.pk, kind])).status_code == 404


@pytest.mark.parametrize("kind", ["admit", "withdraw", "move"])
def test_what_is_for_seats_is_not_for_a_whole_room(client, scope, invigilator, kind):
    client.force_login(invigilator)
    assert client.get(path("room-act", scope, kind) + "?all=1").status_code == 404


def test_the_list_of_rooms(client, scope, cast, invigilator, colleague):
    address = reverse("room:index")
    assert statuses(client, address, *cast) == [200, 200, 200, 200, 403, 403, 302]
    for person, is_there in ((invigilator, True), (colleague, False)):
        client.force_login(person)
        assert (path("room", scope) in client.get(address).content.decode()) is is_there


def test_rounds_are_listed_the_latest_first(client, scope, exam_officer):
    later = Round.objects.get(pk=scope.round.pk)
    later.pk, later.envelope, later.title = None, None, "รอบถัดไป"
    later.starts_at += timedelta(days=9)
    later.save()
    client.force_login(exam_officer)
    assert list(client.get(reverse("room:index")).context["rounds"]) == [later, scope.round]


def test_a_duty_without_the_role_opens_nothing(client, scope, invigilator):
    RoleGrant.objects.filter(person=invigilator).delete()
    assert statuses(client, path("room", scope), invigilator) == [403]


def test_a_duty_of_another_round_opens_nothing(client, scope, invigilator):
    RoomDuty.objects.filter(person=invigilator).delete()
    assert statuses(client, path("room", scope), invigilator) == [403]


def test_a_room_or_round_that_is_not_there(client, scope, exam_officer):
    client.force_login(exam_officer)
    assert client.get(reverse("room:room", args=[scope.round.pk, 999])).status_code == 404
    assert client.get(reverse("room:round", args=[999])).status_code == 404
    assert client.get(reverse("room:centre", args=[scope.round.pk, 999])).status_code == 404


# The console --------------------------------------------------------------------------------------


def test_the_console_says_what_the_seats_do(client, scope, invigilator, placements):
    present(placements[0], answered=17)
    present(placements[1], ago=600, is_durable=False)
    admitted(placements[2], failures=5)
    client.force_login(invigilator)
    page = client.get(path("room", scope)).content.decode()
    assert "กำลังทำ 17" in page
    assert "เงียบหาย 10 นาที" in page
    assert "รหัสที่นั่งถูกล็อก" in page
    assert page.count("ต้องช่วย") >= 4


def test_an_auditor_sees_no_buttons(client, scope, auditor, placements):
    client.force_login(auditor)
    page = client.get(path("room", scope)).content.decode()
    assert "/act/" not in page.replace(
        reverse("room:room-act", args=[scope.round.pk, scope.room.pk, "admit"]), ""
    )
    assert 'name="seat"' not in page
    assert "/act/" not in client.get(path("seat", scope, placements[0].pk)).content.decode()


def test_a_room_without_candidates_is_shown_empty(client, scope, exam_officer):
    scope.placements().delete()
    client.force_login(exam_officer)
    assert client.get(path("room", scope)).status_code == 200


def test_without_scripts_the_page_loads_itself_again_when_asked(client, scope, invigilator):
    client.force_login(invigilator)
    assert 'http-equiv="refresh"' not in client.get(path("room", scope)).content.decode()
    assert 'http-equiv="refresh"' in client.get(path("room", scope) + "?reload=1").content.decode()


@pytest.mark.parametrize("name", ["room", "room-check-in"])
def test_a_room_costs_the_same_for_any_number_of_seats(
    client, scope, invigilator, django_assert_max_num_queries, name
):
    client.force_login(invigilator)
    with django_assert_max_num_queries(14):
        client.get(path(name, scope))


def test_overviews_cost_the_same_for_any_number_of_centres(
    client, scope, exam_officer, django_assert_max_num_queries
):
    client.force_login(exam_officer)
    for address in (
        reverse("room:round", args=[scope.round.pk]),
        reverse("room:centre", args=[scope.round.pk, scope.centre.pk]),
    ):
        with django_assert_max_num_queries(10):
            client.get(address)


def test_overviews_count_and_name_who_is_silent(client, scope, exam_officer, placements):
    present(placements[0], ago=300, is_durable=False)
    present(placements[1])
    client.force_login(exam_officer)
    for address in (
        reverse("room:round", args=[scope.round.pk]),
        reverse("room:centre", args=[scope.round.pk, scope.centre.pk]),
    ):
        page = client.get(address).content.decode()
        assert placements[0].candidate.number in page
        assert placements[1].candidate.number not in page
        assert "1 ที่นั่ง" in page


def test_an_overview_gets_a_new_pass_only_for_who_may_watch_it(client, scope, cast):
    centre = reverse("room:centre-pass", args=[scope.round.pk, scope.centre.pk])
    for address in (centre, reverse("room:round-pass", args=[scope.round.pk])):
        assert statuses(client, address, *cast) == [403, 200, 200, 403, 403, 403, 302]


def test_a_locked_seat_code_calls_in_the_overviews_too(client, scope, exam_officer, placements):
    admitted(placements[0], failures=MAX_FAILURES)
    admitted(placements[1], failures=MAX_FAILURES - 1)
    client.force_login(exam_officer)
    for address in (
        reverse("room:round", args=[scope.round.pk]),
        reverse("room:centre", args=[scope.round.pk, scope.centre.pk]),
    ):
        page = client.get(address).content.decode()
        assert '<span data-cell><span class="status-tag status-danger">1 ที่นั่ง' in page
    # Whoever has submitted needs nobody any more.
    closed(placements[0])
    assert "<span data-cell><span" not in client.get(address).content.decode()


# Check-in -----------------------------------------------------------------------------------------


def test_checking_in_from_number_to_code(client, scope, invigilator, placements):
    client.force_login(invigilator)
    page = client.get(path("room-check-in", scope), {"q": placements[0].candidate.number})
    assert "ถูกต้อง ให้เข้าสอบ" in page.content.decode()
    shown = client.post(path("room-act", scope, "admit"), form(placements[0]), follow=True)
    assert Admission.objects.get().code in shown.content.decode()
    assert placements[0].candidate.number in shown.content.decode()


def test_several_are_admitted_in_one_request(client, scope, invigilator, placements):
    client.force_login(invigilator)
    client.post(path("room-act", scope, "admit"), form(*placements))
    assert Admission.objects.count() == len(placements)
    assert Action.objects.get().count == len(placements)


def test_admitting_twice_at_once_gives_one_code(client, scope, invigilator, placements):
    client.force_login(invigilator)
    values = form(placements[0])
    assert client.post(path("room-act", scope, "admit"), values).status_code == 302
    code = Admission.objects.get().code
    second = client.post(path("room-act", scope, "admit"), values)
    assert second.status_code == 409
    assert "ไม่ทำซ้ำ" in second.content.decode()
    assert Admission.objects.get().code == code


def test_the_wrong_room_is_told_where_to_go(client, scope, invigilator, other_room):
    elsewhere = Placement.objects.filter(seat__room=other_room).select_related("candidate__person", "seat")[0]
    client.force_login(invigilator)
    page = client.get(path("room-check-in", scope), {"q": elsewhere.candidate.number}).content.decode()
    assert f"{other_room.name} · ที่นั่ง {elsewhere.seat.label}" in page
    assert "/act/admit/" not in page
    # Numbers are consecutive: whoever tries one after the other learns no names.
    assert elsewhere.candidate.person.first_name not in page


@pytest.mark.parametrize("name", ["room-codes", "room-new-incident"])
def test_a_seat_beyond_all_numbers_is_nobodys(client, scope, invigilator, name):
    client.force_login(invigilator)
    beyond = {"seat": "9" * 19}
    assert client.get(path(name, scope), beyond).status_code == 200
    assert client.get(path("room-act", scope, "pause"), beyond).status_code == 422
    assert client.post(path("room-act", scope, "pause"), beyond | {"reason": "x"}).status_code == 422


def test_nobody_of_another_room_is_admitted_here(client, scope, invigilator, other_room):
    elsewhere = Placement.objects.filter(seat__room=other_room)[0]
    client.force_login(invigilator)
    assert client.post(path("room-act", scope, "admit"), form(elsewhere)).status_code == 422
    assert not Admission.objects.exists()


def test_used_locked_and_foreign_codes_are_not_shown(client, scope, invigilator, placements, other_room):
    admitted(placements[0], used=True)
    admitted(placements[1], failures=5)
    admitted(Placement.objects.filter(seat__room=other_room).select_related("candidate", "sitting")[0])
    client.force_login(invigilator)
    assert "ABC234" not in client.get(path("room-codes", scope)).content.decode()
    admitted(placements[2])
    assert client.get(path("room-codes", scope)).content.decode().count("ABC234") == 1


def test_codes_are_kept_out_of_caches(client, scope, invigilator):
    client.force_login(invigilator)
    assert "no-store" in client.get(path("room-codes", scope))["Cache-Control"]


# Actions ------------------------------------------------------------------------------------------

SEAT_KINDS = ["admit", "withdraw", "move", "pause", "resume", "extra_time", "force_submit"]
ROOM_KINDS = ["pause", "resume", "extra_time", "force_submit", "end", "show_key"]


def ready(kind: str, placements) -> dict[str, object]:
    """Make the first placement one on which the action has an effect; return what its form adds."""
    if kind == "withdraw":
        admitted(placements[0])
    if kind == "resume":
        scope = Scope(placements[0].round, placements[0].seat.room.centre, placements[0].seat.room)
        actions.pause(order(scope, placements[0].candidate.person, placements[0]))
        Action.objects.all().delete()
    if kind == "move":
        return {"seat_": Seat.objects.filter(room=placements[0].seat.room, placements=None)[0].pk}
    return {"minutes": 5} if kind == "extra_time" else {}


def values_for(kind: str, extra: dict[str, object], *placements: Placement) -> dict[str, object]:
    values = form(*placements)
    if "seat_" in extra:
        return values | {"to": extra["seat_"]}
    return values | extra


@pytest.mark.parametrize("kind", SEAT_KINDS)
def test_a_seat_action_needs_a_reason_and_is_done_once(client, scope, invigilator, placements, kind):
    extra = ready(kind, placements)
    client.force_login(invigilator)
    values = values_for(kind, extra, placements[0])
    for missing in ("", "   "):
        refused = client.post(path("room-act", scope, kind), values | {"reason": missing})
        assert refused.status_code == 422
        assert "error-summary" in refused.content.decode()
    assert not Action.objects.exists()
    assert client.post(path("room-act", scope, kind), values).status_code == 302
    assert client.post(path("room-act", scope, kind), values).status_code in {409, 422}
    assert Action.objects.get().kind == kind


@pytest.mark.parametrize("kind", SEAT_KINDS)
def test_a_seat_action_on_a_closed_sitting_is_refused_in_words(client, scope, invigilator, placements, kind):
    seat = Seat.objects.filter(room=scope.room, placements=None)[0]
    extra: dict[str, object] = {"seat_": seat.pk} if kind == "move" else {}
    extra |= {"minutes": 5} if kind == "extra_time" else {}
    closed(placements[0])
    client.force_login(invigilator)
    response = client.post(path("room-act", scope, kind), values_for(kind, extra, placements[0]))
    assert response.status_code == 409
    assert "ไม่มีการเปลี่ยนแปลง" in response.content.decode()
    assert not Action.objects.filter(count__gt=0).exists()


@pytest.mark.parametrize("kind", ROOM_KINDS)
def test_a_room_action_needs_a_reason_and_is_done_once(client, scope, invigilator, placements, kind):
    extra = ready(kind, placements)
    client.force_login(invigilator)
    values = form(**extra)
    assert client.post(path("room-act", scope, kind), values | {"reason": ""}).status_code == 422
    assert not Action.objects.exists()
    assert client.post(path("room-act", scope, kind), values).status_code in {200, 302}
    assert client.post(path("room-act", scope, kind), values).status_code == 409
    assert Action.objects.get().kind == kind


@pytest.mark.parametrize(
    "values", [{"key": ""}, {"key": "nonsense"}, {"minutes": "0"}, {"minutes": "9999"}, {"minutes": "x"}]
)
def test_a_form_that_no_page_sends_is_refused(client, scope, invigilator, values):
    client.force_login(invigilator)
    response = client.post(path("room-act", scope, "extra_time"), form(minutes=5) | values)
    assert response.status_code == 422
    assert not Action.objects.exists()


@pytest.mark.parametrize("query", ["", "?seat=", "?seat=x", "?seat=99999999999999999999999"])
def test_no_seat_chosen_is_said(client, scope, invigilator, query):
    client.force_login(invigilator)
    response = client.get(path("room-act", scope, "pause") + query)
    assert response.status_code == 422
    assert "ยังไม่ได้เลือกที่นั่ง" in response.content.decode()


def test_one_seat_is_moved_at_a_time(client, scope, invigilator, placements):
    client.force_login(invigilator)
    query = "&".join(f"seat={placement.pk}" for placement in placements)
    response = client.get(path("room-act", scope, "move") + f"?{query}")
    assert response.status_code == 422
    assert "โปรดเลือกที่นั่งเดียว" in response.content.decode()


def test_an_invigilator_moves_nobody_into_another_room(
    client, scope, invigilator, exam_officer, placements, other_room
):
    seat = Seat.objects.filter(room=other_room, placements=None)[0]
    admitted(placements[0])
    client.force_login(invigilator)
    values = form(placements[0], to=seat.pk)
    assert client.post(path("room-act", scope, "move"), values).status_code == 422
    client.force_login(exam_officer)
    shown = client.post(path("room-act", scope, "move"), values, follow=True)
    assert Admission.objects.get().code in shown.content.decode()
    placements[0].refresh_from_db()
    assert placements[0].seat == seat


def test_a_dialogue_is_the_same_form_without_the_page(client, scope, invigilator):
    client.force_login(invigilator)
    part = client.get(
        path("room-act", scope, "pause") + "?all=1", headers={"X-Dialogue": "1"}
    ).content.decode()
    assert "<html" not in part
    assert 'name="reason"' in part


def test_the_key_is_shown_and_not_kept(client, scope, invigilator):
    client.force_login(invigilator)
    key = paper_key(scope.round.envelope)
    assert key[:5] not in client.get(path("room-act", scope, "show_key")).content.decode()
    shown = client.post(path("room-act", scope, "show_key"), form())
    for group in key.split("-"):
        assert group in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]


def test_the_key_is_not_shown_before_the_start(client, scope, invigilator):
    later = timezone.now() + timedelta(minutes=5)
    for placement in scope.placements().select_related("sitting"):
        placement.sitting.starts_at = later
        placement.sitting.save()
    client.force_login(invigilator)
    response = client.post(path("room-act", scope, "show_key"), form())
    assert response.status_code == 425
    assert "ตั้งแต่เวลาเริ่มสอบ" in response.content.decode()


def test_ending_is_refused_in_words_while_somebody_has_time(client, scope, invigilator, placements):
    present(placements[0])
    client.force_login(invigilator)
    response = client.post(path("room-act", scope, "end"), form())
    assert response.status_code == 409
    assert "ยังมีผู้เข้าสอบ 1 คน" in response.content.decode()


# Incidents ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("content", "kind"), [(PNG, "png"), (JPEG, "jpg"), (WEBP, "webp")])
def test_an_incident_is_kept_with_its_picture(client, scope, invigilator, placements, content, kind):
    client.force_login(invigilator)
    values = {
        "text": "เครื่องดับ",
        "placement": placements[0].pk,
        "picture": SimpleUploadedFile("../../evil.html", content, content_type="text/html"),
    }
    page = client.post(path("room-new-incident", scope), values, follow=True).content.decode()
    assert "เครื่องดับ" in page
    incident = Incident.objects.get()
    assert (incident.placement, incident.author) == (placements[0], invigilator)
    assert incident.picture.name.endswith(f".{kind}")
    assert "evil" not in incident.picture.name
    shown = client.get(path("incident-picture", scope, incident.pk))
    assert shown["Content-Type"].startswith("image/")
    assert shown["X-Content-Type-Options"] == "nosniff"
    entry = AuditEntry.objects.get(action="room.incident_noted")
    assert (entry.actor, entry.target) == (invigilator, f"room.incident:{incident.pk}")
    assert entry.data == {"room": scope.room.pk, "picture": kind}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "ไม่ใช่ภาพ"),
        (b"GIF89a" + b"0" * 20, "ไม่ใช่ภาพ"),
        (b"RIFF\x10\x00\x00\x00WAVE", "ไม่ใช่ภาพ"),
        (b"\xff", "ไม่ใช่ภาพ"),
        (JPEG + b"0" * (10 * 1024 * 1024), "เกิน 10 MB"),
    ],
)
def test_what_is_no_picture_is_refused_in_words(client, scope, invigilator, content, sentence):
    client.force_login(invigilator)
    values = {"text": "เหตุการณ์", "picture": SimpleUploadedFile("a.jpg", content)}
    response = client.post(path("room-new-incident", scope), values)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not Incident.objects.exists()


def test_an_incident_says_what_happened_and_names_nobody_elsewhere(client, scope, invigilator, other_room):
    elsewhere = Placement.objects.filter(seat__room=other_room)[0]
    client.force_login(invigilator)
    assert client.post(path("room-new-incident", scope), {"text": " "}).status_code == 422
    values = {"text": "เหตุ", "placement": elsewhere.pk}
    assert client.post(path("room-new-incident", scope), values).status_code == 422


def test_what_an_incident_says_is_text(client, scope, invigilator):
    client.force_login(invigilator)
    client.post(path("room-new-incident", scope), {"text": "<script>alert(1)</script>"})
    assert "<script>alert" not in client.get(path("room-incidents", scope)).content.decode()
