"""The evidence of a sitting can be checked with nothing but what it says of itself."""

import csv
import hashlib
import io
import json
import struct
import zipfile
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.management import CommandError, call_command
from django.utils import timezone

from exams.seat import clock
from exams.seat.evidence import collect
from exams.seat.models import JournalEntry, Silence
from exams.seat.services import force_submit, receipt

from .conftest import answer, append

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def answered(opened):
    append(opened, answer(2, 1, 3), answer(3, 2, 1, flag=True), answer(4, 1, 2))
    return opened


@pytest.fixture
def archive(answered, tmp_path):
    path = tmp_path / "evidence.zip"

    def write():
        call_command("sitting_evidence", str(answered.pk), "--output", str(path), verbosity=0)
        return zipfile.ZipFile(path)

    return write


def rows(packed, name):
    return list(csv.DictReader(io.StringIO(packed.read(name).decode("utf-8-sig"))))


def test_the_chain_can_be_recomputed_as_the_readme_says(answered, archive):
    packed = archive()
    facts = json.loads(packed.read("chain.json"))
    digest = hashlib.sha256(f"seat-journal-1:{answered.pk}:{answered.form.sha256}".encode()).digest()
    assert digest.hex() == facts["genesis"]
    for row in rows(packed, "journal.csv"):
        numbers = [
            int(row[name]) for name in ("seq", "kind", "item", "choice", "flag", "client_ms", "server_ms")
        ]
        digest = hashlib.sha256(digest + struct.pack(">qqhhhbqq", answered.pk, *numbers)).digest()
        assert digest.hex() == row["hash"]
    assert (facts["head"], facts["entries"], facts["is_unbroken"]) == (digest.hex(), 4, True)
    assert json.loads(packed.read("answers.json")) == {"choices": {"1": 2, "2": 1}, "flags": [2]}
    assert json.loads(packed.read("paper.json"))["paper"] == answered.form.paper


def test_the_manifest_names_every_file_and_is_signed(archive):
    packed = archive()
    manifest = json.loads(packed.read("manifest.json"))
    files = {name: hashlib.sha256(packed.read(name)).hexdigest() for name in packed.namelist()}
    del files["manifest.json"]
    assert manifest["files"] == files
    canonical = json.dumps(files, sort_keys=True, separators=(",", ":")).encode()
    message = b"sitting-evidence-1\n" + hashlib.sha256(canonical).hexdigest().encode()
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(manifest["public_key"]))
    key.verify(bytes.fromhex(manifest["signature"]), message)


def test_changes_of_the_clock_and_silences_of_the_machine_are_in_it(answered, archive, exam_officer):
    now = timezone.now()
    clock.give_extra_time([answered.pk], timedelta(minutes=5), actor=exam_officer, reason="ไฟดับ", now=now)
    Silence.objects.create(sitting=answered, from_ms=1_000, to_ms=101_000)
    packed = archive()
    [event] = [row for row in rows(packed, "clock.csv") if row["kind"] == "extra"]
    assert (event["delta_ms"], event["reason"]) == ("300000", "ไฟดับ")
    assert event["actor"] == str(exam_officer)
    assert [row["milliseconds"] for row in rows(packed, "silences.csv")] == ["100000"]
    assert "receipt.json" not in packed.namelist()


def test_the_receipt_goes_with_it_once_there_is_one(answered, archive, exam_officer):
    force_submit([answered.pk], actor=exam_officer, reason="-", now=timezone.now())
    answered.refresh_from_db()
    proof = receipt(answered)
    assert proof is not None
    assert json.loads(archive().read("receipt.json"))["signature"] == proof.signature


def test_an_altered_journal_is_handed_over_as_it_is_and_named(answered):
    JournalEntry.objects.filter(sitting=answered, seq=3).update(choice=4)
    files = collect(answered, now=timezone.now())
    facts = json.loads(files["chain.json"])
    assert (facts["is_unbroken"], facts["first_broken"], facts["entries"]) == (False, 3, 4)
    assert "answers.json" not in files


def test_an_unknown_sitting_and_a_file_that_exists_are_refused(answered, archive, tmp_path):
    with pytest.raises(CommandError, match="no sitting 99999999"):
        call_command("sitting_evidence", "99999999")
    archive()
    with pytest.raises(CommandError, match="exists"):
        call_command("sitting_evidence", str(answered.pk), "--output", str(tmp_path / "evidence.zip"))
