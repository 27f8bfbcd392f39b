"""Banks and items for tests, with deterministic defaults."""

import zlib

from django.utils import timezone

from exams.bank.models import Difficulty, Figure, Item, ItemBank, ItemStatus, ItemVersion, Topic
from exams.bank.services import keep_figure
from learning.people.models import Person
from tests.conftest import make_person


def make_bank(code: str = "law", *, topics: int = 2, max_section: int | None = 43) -> ItemBank:
    """Create a bank with topics t1, t2, …"""
    bank = ItemBank.objects.create(code=code, name_th=f"คลัง {code}", max_section=max_section)
    for order in range(1, topics + 1):
        Topic.objects.create(bank=bank, code=f"t{order}", name_th=f"หัวข้อที่ {order}", order=order)
    return bank


def make_version(bank: ItemBank, **fields: object) -> ItemVersion:
    """Create an item with one version; approved unless told otherwise, by persons made for it."""
    serial = bank.items.count() + 1
    item = fields.pop("item", None) or Item.objects.create(bank=bank, code=f"{bank.code}-{serial:03d}")
    values: dict[str, object] = {
        "item": item,
        "topic": bank.topics.first(),
        "section": 11,
        "difficulty": Difficulty.EASY,
        "stem": f"คำถามที่ {serial} คือข้อใด",
        "options": [f"ตัวเลือก {serial}.{letter}" for letter in "กขคง"],
        "key": serial % 4,
        "explanation": "มาตรา 11",
        "status": ItemStatus.APPROVED,
        "author": fields.get("author") or _someone("ผู้เขียน"),
    } | fields
    if values["status"] in {ItemStatus.APPROVED, ItemStatus.REVIEWED} and "reviewed_by" not in values:
        values |= {"reviewed_by": _someone("ผู้ทบทวนที่สอง"), "reviewed_at": timezone.now()}
    if values["status"] == ItemStatus.APPROVED and "approved_by" not in values:
        values |= {"approved_by": values["reviewed_by"], "approved_at": timezone.now()}
    return ItemVersion.objects.create(**values)


def _someone(first_name: str) -> Person:
    return Person.objects.filter(first_name=first_name).first() or make_person(first_name=first_name)


def fill_bank(bank: ItemBank, per_cell: int = 4) -> list[ItemVersion]:
    """Create `per_cell` approved items in each topic and difficulty."""
    return [
        make_version(bank, topic=topic, difficulty=difficulty)
        for topic in bank.topics.all()
        for difficulty in Difficulty
        for _ in range(per_cell)
    ]


def make_figure(serial: int = 1) -> Figure:
    """Keep a small PNG of its own for each serial."""
    return keep_figure(png(serial, 1))


def png(width: int, height: int, *extra: tuple[bytes, bytes]) -> bytes:
    """Return a white PNG, with extra chunks before its pixels."""
    header = width.to_bytes(4) + height.to_bytes(4) + bytes([8, 0, 0, 0, 0])
    pixels = zlib.compress((b"\0" + b"\xff" * width) * height)
    chunks = [(b"IHDR", header), *extra, (b"IDAT", pixels), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4) for kind, data in chunks
    )
