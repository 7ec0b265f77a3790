"""Frames and names, against bytes that a 3.5.1 server wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from etcdpod.etcd.wal.layout import LENGTH_FIELD, frame_size, is_torn, segment_name
from etcdpod.etcd.wal.reader import WalReader

FIRST_FRAMES = (
    "0400000000000084 08041000 00000000"
    "1f00000000000081 0801108b908f9b0f1a1508bdefe3a5b298daf5a80110d7a78cec8a90b1836d 00"
    "0e00000000000082 080510bed6dbae031a0408001000 0000"
)


@pytest.mark.parametrize(
    ("field", "size", "pad"),
    [("0400000000000084", 4, 4), ("1f00000000000081", 31, 1), ("1000000000000000", 16, 0)],
)
def test_a_length_field_tells_record_and_padding(field: str, size: int, pad: int) -> None:
    (number,) = LENGTH_FIELD.unpack(bytes.fromhex(field))
    assert frame_size(number) == (size, pad)


def test_the_first_records_of_a_real_log_are_read_and_their_checksums_hold(tmp_path: Path) -> None:
    path = tmp_path / "0000000000000000-0000000000000000.wal"
    path.write_bytes(bytes.fromhex(FIRST_FRAMES).ljust(4096, b"\0"))
    damage: list = []
    frames = list(WalReader([path], damage).frames())
    assert [(frame.type, frame.offset) for frame in frames] == [(4, 0), (1, 16), (5, 56)]
    assert all(frame.verified for frame in frames)
    assert damage == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("0000000000000001-0000000000000f2a.wal", (1, 3882, False)),
        ("0000000000000010-0000000000000001.wal.broken", (16, 1, True)),
        ("0.tmp", None),
        ("1-2.wal", None),
        ("0000000000000001-0000000000000f2a.wal.bak", None),
    ],
)
def test_a_segments_name_is_sequence_and_first_index(name: str, expected: tuple | None) -> None:
    assert segment_name(Path(name)) == expected


def test_a_record_is_torn_where_a_whole_sector_of_it_is_zero() -> None:
    record = b"x" * 2000
    assert not is_torn(record, 8)
    # Bytes 512..1023 of the file, seen from a record that begins at 8.
    assert is_torn(record[:504] + bytes(512) + record[1016:], 8)
    # As many zeros, but no whole sector.
    assert not is_torn(record[:500] + bytes(512) + record[1012:], 8)
    assert not is_torn(b"", 8)
