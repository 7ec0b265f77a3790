"""Finds the flipped bit of a log record that fails its checksum."""

from __future__ import annotations

from typing import TYPE_CHECKING

import google_crc32c

from etcdpod.etcd.wal.layout import LENGTH_FIELD, RecordType
from etcdpod.etcd.wal.messages import DecodeError, Record
from etcdpod.etcd.wal.reader import WalReader
from etcdpod.etcd.wal.repair import flipped_bit
from etcdpod.etcd.wal.segment import RawFrame
from etcdpod.forensics.verify.model import Repair

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.etcd.wal.segment import SegmentFile
    from etcdpod.forensics.verify.model import VerifiedSource

LARGEST = 16 << 20
"""Maximum size in bytes of a record to search."""
MOST_BREAKS = 100
"""Maximum number of broken records to search."""
PROOF = "the checksum of the record is right with it"


def log_repairs(subject: VerifiedSource) -> dict[tuple[str, int | None], Repair]:
    """The bit flip that repairs each record that fails its checksum.

    Returns:
        Repairs by segment file name and byte offset of the record.
    """
    log = subject.log
    if log is None:
        return {}
    # Read again for the checksums; the defects are already known.
    paths = [s.path for s in log.reader.segments if s.name is None or not s.name.is_broken]
    reader = WalReader(paths, [])
    try:
        return dict(_searched_records(reader))
    finally:
        reader.close()


def _searched_records(reader: WalReader) -> Iterator[tuple[tuple[str, int], Repair]]:
    state: int | None = 0
    found = 0
    for frame in reader.frames():
        segment = reader.segments[frame.segment]
        record = _record(segment, frame.offset)
        if record is None:
            state = None
            continue
        if frame.type == RecordType.CHECKSUM or state is None:
            state = record.crc
            continue
        computed: int = google_crc32c.extend(state, record.data)
        if computed != record.crc:
            found += 1
            repair = _searched(segment, frame.offset, record, computed)
            if repair is not None:
                yield (segment.path.name, frame.offset), repair
            if found == MOST_BREAKS:
                return
        # In a sound record only the stored checksum is wrong; the chain continues without it.
        state = computed if frame.verified else record.crc


def _record(segment: SegmentFile, offset: int) -> Record | None:
    raw = segment.frame(offset)
    if not isinstance(raw, RawFrame):
        return None
    try:
        parsed: Record = Record.FromString(raw.record)
    except DecodeError:
        return None
    return parsed


def _searched(segment: SegmentFile, offset: int, record: Record, computed: int) -> Repair | None:
    raw = segment.frame(offset)
    if not isinstance(raw, RawFrame) or len(record.data) > LARGEST:
        return None
    data_start = raw.record.rfind(record.data) if record.data else len(raw.record)
    bit = flipped_bit(computed ^ record.crc, len(record.data))
    if bit is not None:
        bit += data_start * 8
    else:
        bit = _checksum_bit(raw.record[:data_start], record.data, computed)
    if bit is None:
        return None
    place = offset + LENGTH_FIELD.size + bit // 8
    return Repair(place, bit % 8, raw.record[bit // 8], PROOF)


def _checksum_bit(head: bytes, data: bytes, computed: int) -> int | None:
    """The bit flip before a record's data that makes the stored checksum match."""
    changed = bytearray(head)
    for bit in range(len(head) * 8):
        changed[bit // 8] ^= 1 << bit % 8
        try:
            record = Record.FromString(bytes(changed) + data)
        except DecodeError:
            record = None
        changed[bit // 8] ^= 1 << bit % 8
        if record is not None and record.crc == computed and record.data == data:
            return bit
    return None
