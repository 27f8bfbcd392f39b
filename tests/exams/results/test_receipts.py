"""The command that checks a receipt, with the database and without."""

from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command

from exams.results.models import RoundRoot
from exams.results.services.roots import receipt_file
from exams.seat.keys import receipt_public_key

from .factories import FAILING, PASSING, conclude, make_sat_round

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def candidates():
    round_ = make_sat_round(candidates=3, right=[PASSING, FAILING, PASSING])
    conclude(round_)
    return list(round_.candidates.order_by("number"))


@pytest.fixture
def file(candidates, tmp_path):
    path = tmp_path / "receipt.json"
    path.write_bytes(receipt_file(candidates[1]))
    return path


def run(capsys, *arguments):
    try:
        call_command("check_receipt", *map(str, arguments), "--format", "json")
        code: object = 0
    except SystemExit as ended:
        code = ended.code
    return code, json.loads(capsys.readouterr().out)


def test_a_receipt_is_checked_with_the_database(capsys, file):
    assert run(capsys, file) == (0, {"signature": True, "included": True})


def test_a_receipt_is_checked_with_nothing_but_what_was_published(capsys, file, django_assert_num_queries):
    root, key = RoundRoot.objects.get().root, receipt_public_key()
    with django_assert_num_queries(0):
        assert run(capsys, file, "--root", root, "--public-key", key)[0] == 0


def test_a_proof_may_lie_in_a_file_of_its_own(capsys, file, tmp_path):
    whole = json.loads(file.read_bytes())
    (tmp_path / "proof.json").write_text(json.dumps(whole["proof"]))
    file.write_text(json.dumps(whole["receipt"]))
    root = RoundRoot.objects.get().root
    assert run(capsys, file, "--root", root, "--proof", tmp_path / "proof.json")[0] == 0
    with pytest.raises(CommandError, match="no proof"):
        call_command("check_receipt", str(file), "--root", root)


def test_another_root_and_another_key_are_noticed(capsys, file):
    assert run(capsys, file, "--root", "0" * 64)[1]["included"] is False
    assert run(capsys, file, "--public-key", "0" * 64)[1]["signature"] is False
    assert run(capsys, file, "--public-key", "zz")[0] == 1


@pytest.mark.parametrize("field", ["answered", "count", "closed_ms"])
def test_a_forged_receipt_is_neither_signed_nor_under_the_root(capsys, file, field):
    whole = json.loads(file.read_bytes())
    whole["receipt"][field] += 1
    file.write_text(json.dumps(whole))
    root = RoundRoot.objects.get().root
    assert run(capsys, file, "--root", root) == (1, {"signature": False, "included": False})


def test_somebody_elses_proof_does_not_serve(capsys, candidates, file):
    mine, theirs = json.loads(file.read_bytes()), json.loads(receipt_file(candidates[2]) or b"")
    file.write_text(json.dumps(mine | {"proof": theirs["proof"]}))
    assert run(capsys, file, "--root", RoundRoot.objects.get().root)[1]["included"] is False


def test_what_cannot_be_read_is_named(capsys, file, tmp_path):
    with pytest.raises(CommandError, match=r"no\.json"):
        call_command("check_receipt", str(tmp_path / "no.json"))
    file.write_text("nonsense")
    with pytest.raises(CommandError, match="not_a_receipt"):
        call_command("check_receipt", str(file))


def test_a_proof_without_a_root_is_refused(file):
    with pytest.raises(CommandError, match="--root"):
        call_command("check_receipt", str(file), "--proof", str(file))


def test_before_the_root_there_is_nothing_to_check_against(tmp_path):
    round_ = make_sat_round(candidates=1, right=[PASSING])
    path = tmp_path / "receipt.json"
    path.write_bytes(receipt_file(round_.candidates.get()))
    with pytest.raises(CommandError, match="No root"):
        call_command("check_receipt", str(path))
