"""Who sees what, and when."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from exams.results.models import ExamResult, RoundResults, RoundRoot
from exams.results.services.releasing import release, withhold
from exams.seat.services import receipt
from tests.exams.knowledge.pages import statuses

from .factories import FAILING, PASSING, announce, be_absent, conclude, make_sat_round, sitting_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def round_(learner):
    round_ = make_sat_round(learner, candidates=2, right=[PASSING, FAILING])
    be_absent(round_.candidates.order_by("number")[2])
    conclude(round_)
    return round_


@pytest.fixture
def candidate(round_, learner):
    return round_.candidates.get(person=learner)


def own(candidate):
    return reverse("results:own", args=[candidate.pk])


# -- The candidate -----------------------------------------------------------------------------------
def test_a_result_is_its_owners_alone(client, round_, candidate, learner, outsider, exam_officer):
    announce(round_, exam_officer)
    people = (learner, outsider, exam_officer, None)
    assert statuses(client, own(candidate), *people) == [200, 403, 403, 302]
    path = reverse("results:receipt", args=[candidate.pk])
    assert statuses(client, path, *people) == [200, 403, 403, 302]


def test_before_the_release_the_page_says_when_and_nothing_else(
    client, round_, candidate, exam_officer, learner
):
    client.force_login(learner)
    assert "ยังไม่ประกาศผลสอบ" in client.get(own(candidate)).content.decode()
    now = timezone.now()
    release(round_, now + timedelta(days=1), actor=exam_officer, now=now)
    response = client.get(own(candidate))
    page = response.content.decode()
    assert "จะประกาศผล" in page
    assert response.context["result"] is None
    assert "75" not in page.split("<main")[1].split("</main>")[0]


def test_after_it_subjects_points_and_pass_marks_are_there_in_words(
    client, round_, candidate, exam_officer, learner
):
    announce(round_, exam_officer)
    client.force_login(learner)
    page = client.get(own(candidate)).content.decode()
    assert "ท่านสอบผ่าน" in page
    assert "75 / 100" in page
    assert "60%" in page
    certificate = ExamResult.objects.get(candidate=candidate).certificate_id
    assert reverse("certificates:download", args=[certificate]) in page


def test_who_failed_reads_it_without_a_certificate(client, round_, exam_officer):
    announce(round_, exam_officer)
    failed = round_.candidates.order_by("number")[1]
    client.force_login(failed.person)
    page = client.get(own(failed)).content.decode()
    assert "ท่านสอบไม่ผ่าน" in page
    assert "หนังสือรับรอง" not in page.split("<main")[1].split("</main")[0]


def test_a_withheld_result_shows_neither_marks_nor_reason(client, round_, candidate, exam_officer, learner):
    withhold(candidate.exam_result, "สงสัยทุจริต", actor=exam_officer, now=timezone.now())
    announce(round_, exam_officer)
    client.force_login(learner)
    page = client.get(own(candidate)).content.decode()
    assert "อยู่ระหว่างการตรวจสอบ" in page
    assert "สงสัยทุจริต" not in page
    assert "75 / 100" not in page


def test_my_page_leads_to_the_result(client, round_, candidate, exam_officer, learner):
    client.force_login(learner)
    assert own(candidate) in client.get(reverse("portal:my")).content.decode()


def test_the_receipt_file_holds_the_proof_once_the_root_is_published(client, candidate, learner):
    client.force_login(learner)
    file = json.loads(client.get(reverse("results:receipt", args=[candidate.pk])).content)
    assert file["receipt"]["sitting"] == sitting_of(candidate).pk
    assert file["proof"]["root"] == RoundRoot.objects.get().root


# -- The office --------------------------------------------------------------------------------------
def test_the_office_pages_are_the_offices(
    client, round_, candidate, learner, exam_officer, auditor, reviewer
):
    people = (exam_officer, auditor, reviewer, learner, None)
    for name, key, expected in (
        ("results:office", None, [200, 200, 403, 403, 302]),
        ("results:round", round_.pk, [200, 200, 403, 403, 302]),
        ("results:release", round_.pk, [200, 403, 403, 403, 302]),
        ("results:candidate", candidate.pk, [200, 403, 403, 403, 302]),
        ("results:withhold", candidate.pk, [200, 403, 403, 403, 302]),
        ("results:set-free", candidate.pk, [200, 403, 403, 403, 302]),
    ):
        path = reverse(name, args=[key] if key else [])
        assert statuses(client, path, *people) == expected, name
    path = reverse("results:export", args=[round_.pk, "csv"])
    assert statuses(client, path, *people) == [200, 403, 403, 403, 302]
    path = reverse("results:conclude", args=[round_.pk])
    assert statuses(client, path, *people, method="post") == [302, 403, 403, 403, 302]
    assert statuses(client, path, exam_officer) == [405]


def test_the_figures_count_levels_and_subjects(client, round_, exam_officer):
    client.force_login(exam_officer)
    figures = client.get(reverse("results:round", args=[round_.pk])).context["figures"]
    total = figures.total
    assert (total.entered, total.absent, total.examined, total.passed, total.withheld) == (3, 1, 2, 1, 0)
    assert str(total.percent) == "50.00"
    assert [(line.passed, str(line.mean)) for line in figures.subjects] == [
        (1, "62.50"),
        (2, "50.00"),
        (2, "50.00"),
    ]


def test_an_auditor_sees_figures_and_no_names(client, round_, candidate, auditor):
    client.force_login(auditor)
    page = client.get(reverse("results:round", args=[round_.pk])).content.decode()
    assert candidate.number not in page


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("outcome=passed", 1),
        ("outcome=absent", 1),
        ("outcome=withheld", 0),
        ("outcome=nonsense", 3),
        ("q=ใจดี", 1),
    ],
)
def test_candidates_are_searched_and_filtered(client, round_, exam_officer, query, count):
    client.force_login(exam_officer)
    page = client.get(reverse("results:round", args=[round_.pk]) + "?" + query).context["page"]
    assert page.paginator.count == count


def test_the_release_is_set_with_a_day_and_a_time(client, round_, exam_officer):
    client.force_login(exam_officer)
    path = reverse("results:release", args=[round_.pk])
    day = timezone.localdate() + timedelta(days=3)
    client.post(path, {"day": f"{day.day}/{day.month}/{day.year + 543}", "clock": "09:00"})
    moment = timezone.localtime(RoundResults.objects.get().release_at)
    assert (moment.date(), moment.hour) == (day, 9)
    assert client.post(path, {"day": "", "clock": "25:00"}).status_code == 422


def test_a_result_is_withheld_and_given_free_by_pages(client, round_, candidate, exam_officer):
    client.force_login(exam_officer)
    assert client.post(reverse("results:withhold", args=[candidate.pk]), {"reason": " "}).status_code == 422
    client.post(reverse("results:withhold", args=[candidate.pk]), {"reason": "ร้องเรียน"})
    page = client.get(reverse("results:candidate", args=[candidate.pk])).content.decode()
    assert "ร้องเรียน" in page
    client.post(reverse("results:set-free", args=[candidate.pk]), {"reason": "ไม่พบความผิด"})
    assert not ExamResult.objects.get(pk=candidate.pk).is_withheld


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_results_are_downloaded(client, round_, exam_officer, kind):
    client.force_login(exam_officer)
    data = client.get(reverse("results:export", args=[round_.pk, kind])).content
    if kind == "xlsx":
        rows = list(openpyxl.load_workbook(io.BytesIO(data)).worksheets[0].values)
        assert len(rows) == 4
        assert rows[1][3:8] == (75, 50, 50, 175, "ผ่าน")
    else:
        assert len(data.decode("utf-8-sig").splitlines()) == 4
    assert client.get(reverse("results:export", args=[round_.pk, "exe"])).status_code == 404


def test_pages_of_what_is_not_there_are_404(client, exam_officer):
    client.force_login(exam_officer)
    for name in ("results:round", "results:release", "results:candidate", "results:own", "results:root"):
        assert client.get(reverse(name, args=[999_999])).status_code == 404


def test_a_round_under_way_says_how_many_still_sit(client, exam_officer):
    round_ = make_sat_round(candidates=2, right=[PASSING])
    client.force_login(exam_officer)
    response = client.get(reverse("results:round", args=[round_.pk]))
    assert response.context["sitting"] == 1
    assert response.context["figures"] is None


# -- Anybody -----------------------------------------------------------------------------------------
def check(client, round_, **posted):
    return client.post(reverse("results:root", args=[round_.pk]), posted)


def receipt_text(candidate):
    import msgspec

    return msgspec.json.encode(receipt(sitting_of(candidate))).decode()


def test_anybody_checks_a_receipt_against_the_root(client, round_, candidate):
    response = check(client, round_, text=receipt_text(candidate))
    assert response.status_code == 200
    assert response.context["checked"].is_genuine
    assert response.context["checked"].proof
    assert RoundRoot.objects.get().root in response.content.decode()


def test_a_file_is_checked_as_its_text(client, round_, candidate):
    file = io.BytesIO(receipt_text(candidate).encode())
    file.name = "receipt.json"
    assert check(client, round_, file=file).context["checked"].proof


def test_a_forged_receipt_is_told_from_ours(client, round_, candidate):
    forged = json.loads(receipt_text(candidate)) | {"answered": 7}
    checked = check(client, round_, text=json.dumps(forged)).context["checked"]
    assert not checked.is_genuine
    assert checked.proof is None


def test_a_genuine_receipt_of_another_round_is_not_under_this_root(client, round_):
    other = make_sat_round(candidates=1, right=[PASSING])
    checked = check(client, round_, text=receipt_text(other.candidates.get())).context["checked"]
    assert checked.is_genuine
    assert checked.proof is None


@pytest.mark.parametrize("name", ["own", "office", "round", "root"])
def test_a_page_leaves_the_receipts_of_the_others_in_the_database(
    client, round_, candidate, learner, exam_officer, name
):
    """They are four megabytes in a full round, and all of it looks at its result on one day."""
    announce(round_, exam_officer)
    client.force_login(learner if name == "own" else exam_officer)
    args = {"own": [candidate.pk], "office": []}.get(name, [round_.pk])
    with CaptureQueriesContext(connection) as captured:
        assert client.get(reverse(f"results:{name}", args=args)).status_code == 200
    assert not [query["sql"] for query in captured if "leaves" in query["sql"]]


_DEEP = '{"more": ' + "[" * 9000 + "]" * 9000 + "}"


@pytest.mark.parametrize("text", ["", "{}", "[1]", "สวัสดี", "x" * 30_000, '{"receipt": null}', _DEEP])
def test_what_is_no_receipt_gets_a_sentence(client, round_, text):
    response = check(client, round_, text=text)
    assert response.status_code == 422
    assert response.context["form"].errors


def test_a_large_or_binary_file_gets_a_sentence(client, round_):
    for data in (b"\xff\xfe\x00", b"x" * 1_000_000):
        file = io.BytesIO(data)
        file.name = "receipt.json"
        assert check(client, round_, file=file).status_code == 422
