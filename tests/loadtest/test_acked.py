"""The log of acknowledgements is read as it was written."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from loadtest.acked import RECORD_BYTES, Acked, Kind, pack, read_groups, unpack

records = st.builds(
    Acked,
    sitting=st.integers(1, 2**32 - 1),
    seq=st.integers(1, 2**31 - 1),
    client_ms=st.integers(0, 2**53 - 1),
    at_ms=st.integers(0, 2**32 - 1),
    item=st.integers(0, 2**15 - 1),
    choice=st.integers(0, 255),
    flag=st.booleans(),
    kind=st.sampled_from(Kind),
    process=st.integers(0, 255),
)


@given(st.lists(records, max_size=5))
def test_records_come_back_as_they_were(written: list[Acked]):
    data = b"".join(map(pack, written))
    assert len(data) == RECORD_BYTES * len(written)
    assert list(unpack(data)) == written


def test_sittings_are_gathered_from_all_logs(tmp_path: Path):
    first, second, other = (
        Acked(sitting, 2, 0, 0, 1, 1, flag=False, kind=Kind.ANSWER, process=0)
        for sitting in (1001, 1002, 1500)
    )
    (tmp_path / "acked-a.bin").write_bytes(pack(first) + pack(other))
    (tmp_path / "acked-b.bin").write_bytes(pack(second))
    groups = read_groups(tmp_path, 500)
    assert {key: list(unpack(data)) for key, data in groups.items()} == {2: [first, second], 3: [other]}
