"""Everything that the platform knows of one sitting, in one archive that can be checked without it.

Made for appeals: the journal with its hashes, the paper as it was shown, every change of the clock with
who made it and why, the silences of the machine, and the receipt. A journal that was altered goes in as it
is; the check says at which entry it breaks. The answer key is not in it: that is the marking's to show.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from exams.seat.chain import ChainBroken, Entry, Sheet, fold, genesis
from exams.seat.deeds import deeds_of
from exams.seat.journal import read_entries
from exams.seat.keys import receipt_public_key, sign
from exams.seat.models import EntryKind, Sitting
from exams.seat.services import receipt_for
from learning.spreadsheets import Cell, write_table

_README = """\
หลักฐานการนั่งสอบครั้งที่ {sitting}
Evidence of sitting {sitting}

journal.csv   ทุกรายการที่ระบบรับไว้ เรียงตามลำดับ พร้อมค่าแฮช · every entry in order, with its hash
chain.json    ผลการตรวจลูกโซ่แฮช · what checking the chain found
answers.json  กระดาษคำตอบที่ได้จากรายการทั้งหมด · the answer sheet that the entries amount to
paper.json    ข้อสอบตามที่แสดง และสูตรการจัดชุด · the paper as shown, and the recipe of its form
clock.csv     เวลาเริ่ม กำหนดส่ง และทุกการเปลี่ยนเวลา ผู้สั่ง และเหตุผล · every change of the clock, by whom, why
silences.csv  ช่วงที่เครื่องขาดการติดต่อเกิน 90 วินาที · when the machine was not heard for over 90 seconds
audit.csv     การกระทำของเจ้าหน้าที่ที่เกี่ยวกับการนั่งสอบนี้ ทั้งที่นั่ง ห้อง ศูนย์สอบ และรอบสอบ การย้ายที่นั่ง และบันทึกเหตุการณ์
              what officers did to this seat, its room, its centre or the round; moves and incidents
              (scope: seat = this one was named, everybody = all in the place,
              several = more were chosen than the record names; clock.csv says who)
receipt.json  ใบรับการส่งคำตอบ (ถ้าส่งแล้ว) · the receipt, once submitted
manifest.json ค่า SHA-256 ของทุกแฟ้ม และลายมือชื่อ Ed25519 · hashes of all files, signed

ตรวจลูกโซ่เอง · Checking the chain yourself
  H(0) = SHA-256("seat-journal-1:" + sitting + ":" + SHA-256 of the form, as hexadecimal)
  H(n) = SHA-256(H(n-1) + sitting and seq as 8 bytes each, kind, item and choice as 2, flag as 1,
         client_ms and server_ms as 8)
  Integers are signed and big-endian. H of the last entry is the head that the receipt signs.
ตรวจลายมือชื่อ · Checking the signature
  Ed25519 over "sitting-evidence-1" + line feed + SHA-256 (hexadecimal) of "files" in manifest.json
  as canonical JSON: keys sorted, no blanks. Public key: {key}
"""


def collect(sitting: Sitting, *, now: datetime) -> dict[str, bytes]:
    """Return the files of the archive by name, the manifest last."""
    entries = read_entries(sitting.pk)
    sheet, broken = _checked(sitting, entries)
    files = {
        "README.txt": _README.format(sitting=sitting.pk, key=receipt_public_key()).encode(),
        "journal.csv": _journal(entries),
        "chain.json": _json(
            {
                "sitting": sitting.pk,
                "form": sitting.form.sha256,
                "genesis": genesis(sitting.pk, sitting.form.sha256).hex(),
                "entries": len(entries),
                "head": entries[-1][1].hex() if entries else None,
                "is_unbroken": broken is None,
                "first_broken": broken,
            }
        ),
        "paper.json": _json(
            {"seed": sitting.form.seed, "layout": sitting.form.layout, "paper": sitting.form.paper}
        ),
        "clock.csv": _clock(sitting),
        "silences.csv": _silences(sitting),
        "audit.csv": _audit(sitting),
    }
    if sheet is not None:
        files["answers.json"] = _json({"choices": sheet.choices, "flags": sorted(sheet.flags)})
        if (receipt := receipt_for(sitting, sheet)) is not None:
            files["receipt.json"] = _json(
                {name: getattr(receipt, name) for name in receipt.__struct_fields__}
            )
    files["manifest.json"] = _manifest(files, now)
    return files


def archive(files: dict[str, bytes]) -> bytes:
    """Return the files as a ZIP archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return buffer.getvalue()


def _checked(sitting: Sitting, entries: Sequence[tuple[Entry, bytes]]) -> tuple[Sheet | None, int | None]:
    """Return the folded sheet, or the number of the entry at which the chain breaks."""
    try:
        return fold(sitting.pk, sitting.form.sha256, entries), None
    except ChainBroken as error:
        return None, error.seq


def _manifest(files: dict[str, bytes], now: datetime) -> bytes:
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    canonical = json.dumps(hashes, sort_keys=True, separators=(",", ":")).encode()
    message = f"sitting-evidence-1\n{hashlib.sha256(canonical).hexdigest()}".encode()
    return _json(
        {
            "made_at": now.astimezone(UTC).isoformat(),
            "files": hashes,
            "public_key": receipt_public_key(),
            "signature": sign(message),
        }
    )


def _journal(entries: Iterable[tuple[Entry, bytes]]) -> bytes:
    head = (
        "seq",
        "kind",
        "kind_name",
        "item",
        "choice",
        "flag",
        "client_ms",
        "server_ms",
        "server_time",
        "hash",
    )
    rows = (
        (
            entry.seq,
            entry.kind,
            EntryKind(entry.kind).name.lower(),
            entry.item,
            entry.choice,
            int(entry.flag),
            entry.client_ms,
            entry.server_ms,
            _moment(entry.server_ms),
            digest.hex(),
        )
        for entry, digest in entries
    )
    return write_table(head, rows, "csv")


def _clock(sitting: Sitting) -> bytes:
    events = sitting.clock_events.select_related("actor")
    rows: list[Sequence[Cell]] = [
        ("", "starts_at", sitting.starts_at.isoformat(), "", "", ""),
        ("", "deadline", sitting.deadline.isoformat(), "", "", ""),
        *(
            (event.pk, event.kind, event.at.isoformat(), event.delta_ms, str(event.actor or ""), event.reason)
            for event in events
        ),
    ]
    return write_table(("event", "kind", "at", "delta_ms", "actor", "reason"), rows, "csv")


def _silences(sitting: Sitting) -> bytes:
    rows = (
        (_moment(silence.from_ms), _moment(silence.to_ms), silence.to_ms - silence.from_ms)
        for silence in sitting.silences.order_by("from_ms")
    )
    return write_table(("from", "to", "milliseconds"), rows, "csv")


def _audit(sitting: Sitting) -> bytes:
    rows = (
        (
            deed.at.isoformat(),
            deed.action,
            str(deed.actor or ""),
            deed.scope,
            deed.place,
            deed.reason,
            deed.detail,
        )
        for deed in deeds_of(sitting.pk)
    )
    return write_table(("at", "action", "actor", "scope", "place", "reason", "detail"), rows, "csv")


def _moment(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds")


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True).encode() + b"\n"
