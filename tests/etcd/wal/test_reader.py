"""Segments in sequence: the checksum's chain, and every way in which it can break."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from wal_writer import LogWriter, put

from etcdpod.damage import Damage
from etcdpod.damage import DamageCode as Code
from etcdpod.damage_text import damage_sentence
from etcdpod.etcd.wal import reader as reader_module
from etcdpod.etcd.wal.layout import RecordType
from etcdpod.etcd.wal.messages import Entry
from etcdpod.etcd.wal.reader import Frame, WalReader
from etcdpod.etcd.wal.segment import WINDOW_SIZE, SegmentFile

if TYPE_CHECKING:
    from pathlib import Path


def written(
    folder: Path, entries: int = 60, *, per_segment: int = 20, size: int = 700
) -> LogWriter:
    """A log of several segments whose values tell which entry they are of."""
    log = LogWriter(folder)
    for number in range(1, entries + 1):
        log.request(**put(b"/key/%d" % (number % 7), b"%06d " % number * (size // 7)))
        log.commit()
        if number % per_segment == 0 and number < entries:
            log.cut()
    return log


def read(paths: list[Path]) -> tuple[list[Frame], list[Damage]]:
    damage: list[Damage] = []
    reader = WalReader(paths, damage)
    frames = list(reader.frames())
    reader.close()
    return frames, damage


def indexes(frames: list[Frame], *, verified: bool) -> list[int]:
    return [
        Entry.FromString(frame.data).Index
        for frame in frames
        if frame.type == RecordType.ENTRY and frame.verified is verified
    ]


def test_a_whole_log_is_read_over_all_segments_and_verified(tmp_path: Path) -> None:
    frames, damage = read(written(tmp_path).save())
    assert indexes(frames, verified=True) == list(range(1, 61))
    assert damage == []


def test_a_log_whose_older_segments_are_gone_is_verified_from_its_first_record(
    tmp_path: Path,
) -> None:
    frames, damage = read(written(tmp_path).save()[1:])
    assert indexes(frames, verified=True) == list(range(21, 61))
    assert damage == []


def test_a_missing_segment_is_a_gap_and_what_follows_still_verifies(tmp_path: Path) -> None:
    paths = written(tmp_path).save()
    frames, damage = read([paths[0], paths[2]])
    assert indexes(frames, verified=True) == [*range(1, 21), *range(41, 61)]
    assert [(d.code, d.count) for d in damage] == [(Code.SEGMENTS_MISSING, 1)]


def test_a_flipped_bit_in_a_record_costs_that_record_alone(tmp_path: Path) -> None:
    log = written(tmp_path)
    position = log.segments[1].index(b"000033 ")
    log.segments[1][position + 3] ^= 1
    frames, damage = read(log.save())
    assert indexes(frames, verified=False) == [33]
    assert indexes(frames, verified=True) == [n for n in range(1, 61) if n != 33]
    assert [(d.code, d.flip) for d in damage] == [(Code.RECORD_CHECKSUM, (position + 3, 0))]
    assert damage_sentence(damage[0]) == (
        "a record fails its checksum: its content is not believed; "
        f"one flipped bit would explain it, bit 0 of byte {position + 3}"
    )


def test_a_flipped_bit_in_a_stored_checksum_costs_nothing(tmp_path: Path) -> None:
    log = written(tmp_path)
    segment, offset = log.offsets[30]
    log.segments[segment][offset + 8 + 4] ^= 1
    frames, damage = read(log.save())
    assert indexes(frames, verified=True) == list(range(1, 61))
    assert [d.code for d in damage] == [Code.STORED_CHECKSUM]


def test_a_flipped_bit_at_a_segments_end_is_told_by_the_next_segment(tmp_path: Path) -> None:
    log = written(tmp_path)
    last = len(log.segments[0]) - 4
    while log.segments[0][last] == 0:
        last -= 1
    log.segments[0][last] ^= 4
    frames, damage = read(log.save())
    assert indexes(frames, verified=True) == list(range(1, 61))
    assert len(damage) == 1


@pytest.mark.parametrize("what", ["length", "zeros", "garbage"])
def test_reading_goes_on_behind_a_place_where_no_frame_can_be_read(
    tmp_path: Path, what: str
) -> None:
    log = written(tmp_path)
    segment, offset = next(p for p in log.offsets if p[0] == 1 and p[1] > 3000)
    content = log.segments[segment]
    if what == "length":
        content[offset + 5] ^= 0x10
    elif what == "zeros":
        content[offset : offset + 512] = bytes(512)
    else:
        content[offset : offset + 512] = random.Random(7).randbytes(512)
    frames, damage = read(log.save())
    verified = indexes(frames, verified=True)
    assert len(verified) >= 57
    assert verified[-1] == 60
    assert [d.code for d in damage] == [Code.BYTES_SKIPPED]


def test_a_torn_tail_ends_the_log_and_is_no_corruption(tmp_path: Path) -> None:
    log = written(tmp_path, size=2100)
    segment, offset = log.offsets[-2]
    start = offset + 512 - offset % 512 + 512
    del log.segments[segment][start:]
    frames, damage = read(log.save())
    assert indexes(frames, verified=True) == list(range(1, 60))
    assert [d.code for d in damage] == [Code.TORN_RECORD]


def test_a_file_cut_within_a_record_ends_the_log(tmp_path: Path) -> None:
    log = written(tmp_path)
    paths = log.save()
    _, offset = log.offsets[-2]
    paths[-1].write_bytes(paths[-1].read_bytes()[: offset + 100])
    frames, damage = read(paths)
    assert indexes(frames, verified=True) == list(range(1, 60))
    assert [d.code for d in damage] == [Code.LOG_ENDS]
    assert "the log ends here: a record of" in damage_sentence(damage[0])


def test_what_lies_behind_the_end_of_the_newest_segment_is_marked_as_not_synced(
    tmp_path: Path,
) -> None:
    log = written(tmp_path)
    tail = log.offsets[-4][1]
    leftovers = bytes(log.segments[-1][tail:])
    log.segments[-1][tail:] = bytes(512) + leftovers
    frames, _ = read(log.save())
    unsynced = [frame for frame in frames if not frame.synced]
    assert indexes(unsynced, verified=False) + indexes(unsynced, verified=True) == [59, 60]
    synced = [frame for frame in frames if frame.synced]
    assert indexes(synced, verified=True) == list(range(1, 59))


def test_an_empty_segment_and_a_preallocated_one_hold_nothing(tmp_path: Path) -> None:
    empty = tmp_path / "0000000000000000-0000000000000000.wal"
    empty.write_bytes(b"")
    zeros = tmp_path / "0000000000000001-0000000000000001.wal"
    zeros.write_bytes(bytes(1 << 20))
    assert read([empty, zeros]) == ([], [])


def test_a_segment_that_cannot_be_opened_is_reported(tmp_path: Path) -> None:
    _, damage = read([tmp_path / "0000000000000000-0000000000000000.wal"])
    assert [d.code for d in damage] == [Code.SEGMENT_UNREADABLE]


def test_records_across_the_edges_of_the_window_are_read_whole(tmp_path: Path) -> None:
    log = LogWriter(tmp_path)
    sizes = [WINDOW_SIZE // 3, WINDOW_SIZE * 2, 10, WINDOW_SIZE - 100, 5]
    for size in sizes:
        log.request(**put(b"/key", bytes([size % 251]) * size))
    frames, damage = read(log.save())
    assert indexes(frames, verified=True) == [1, 2, 3, 4, 5]
    assert damage == []


def test_a_plausible_frame_is_found_at_any_place_of_a_file(tmp_path: Path) -> None:
    log = LogWriter(tmp_path)
    log.request(**put(b"/key", b"value"))
    sound = bytes(log.segments[0][log.offsets[-1][1] :])
    for offset in (0, 8, 4096, WINDOW_SIZE - 24, WINDOW_SIZE - 16, WINDOW_SIZE - 8, WINDOW_SIZE):
        path = tmp_path / "segment"
        path.write_bytes(bytes(offset) + sound + bytes(100))
        file = SegmentFile(path)
        assert file.find_frame(0) == offset
        assert file.find_frame(offset + 8) is None
        file.close()


def test_no_mutation_makes_a_false_record_verified(tmp_path: Path) -> None:
    """Whatever is flipped, cut or swapped: what is verified is what was written."""
    log = written(tmp_path, 40, per_segment=15, size=280)
    true = {frame.data for frame in read(log.save())[0]}
    whole = [bytes(segment) for segment in log.segments]
    random_bytes = random.Random(20260101)
    for _ in range(400):
        log.segments = [bytearray(segment) for segment in whole]
        for _ in range(random_bytes.randint(1, 4)):
            segment = random_bytes.choice(log.segments)
            start = random_bytes.randrange(len(segment))
            kind = random_bytes.randrange(4)
            if kind == 0:
                segment[start] ^= 1 << random_bytes.randrange(8)
            elif kind == 1:
                del segment[start:]
            elif kind == 2:
                segment[start : start + 64] = random_bytes.randbytes(64)
            else:
                other = random_bytes.randrange(len(segment) + 1)
                segment[start : start + 32] = segment[other : other + 32]
            if not segment:
                segment += bytes(8)
        frames, _ = read(log.save())
        assert all(frame.data in true for frame in frames if frame.verified)


def broken_log(folder: Path) -> list[Path]:
    """A segment in which every fifth record is overwritten."""
    log = written(folder, entries=40, per_segment=100)
    for segment, offset in log.offsets[5::5]:
        log.segments[segment][offset : offset + 8] = b"\xff" * 8
    return log.save()


def test_reading_ends_after_many_breaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = broken_log(tmp_path)
    _, damage = read(paths)
    assert {d.code for d in damage} == {Code.BYTES_SKIPPED}
    monkeypatch.setattr(reader_module, "MAX_BREAKS", 3)
    _, damage = read(paths)
    assert [d.code for d in damage] == [*[Code.BYTES_SKIPPED] * 3, Code.BREAK_LIMIT]


def test_many_defects_are_not_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_module, "MAX_REPORTS", 2)
    _, damage = read(broken_log(tmp_path))
    assert [d.code for d in damage] == [*[Code.BYTES_SKIPPED] * 2, Code.REPORT_LIMIT]
