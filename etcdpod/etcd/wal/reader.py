"""Reads the segments of a write-ahead log in sequence and verifies their running checksum.

Every record except those of type CHECKSUM extends one CRC-32C over its data; the state carries over
from segment to segment. A broken record is reported and skipped: the checksum stored in the next
sound record restarts the chain, and everything in between is marked as not verified.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import google_crc32c

from etcdpod.damage import Damage, DamageCode, Fault, FaultCode
from etcdpod.etcd.wal.layout import (
    FRAME_ALIGNMENT,
    LENGTH_FIELD,
    RECORD_TYPES,
    RecordType,
    is_torn,
)
from etcdpod.etcd.wal.messages import DecodeError, Record
from etcdpod.etcd.wal.repair import find_flipped_bit
from etcdpod.etcd.wal.scan import SoundRun, read_run
from etcdpod.etcd.wal.segment import SegmentFile

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from pathlib import Path

MAX_BREAKS = 1000
"""The number of breaks in a segment after which the rest of it is skipped."""
MAX_REPORTS = 200
"""The number of defects reported individually; the rest are reported as one."""
MAX_PROPOSALS = 50
"""The number of records for which a flipped bit is searched."""
FEW, MANY = 32, 1 << 14
"""Batch sizes in records: few after a damaged record, growing while all are sound."""

_extend = google_crc32c.extend


class Frame(NamedTuple):
    """One record of the log."""

    type: int
    """A RecordType."""
    data: bytes
    segment: int
    """Number of the segment in ``WalReader.segments``."""
    offset: int
    """Byte offset of the frame in its file."""
    verified: bool
    """The data is proven by the running checksum."""
    data_end: int
    """Byte offset of the end of ``data`` in its file."""
    synced: bool
    """False past the point at which etcd itself would stop reading the newest segment."""


def frame_of(run: SoundRun, row: int) -> Frame:
    """One record of a run, as if it had been read alone."""
    data, offset = run.content(row), run.start + int(run.frame[row])
    data_end = run.start + int(run.data[row] + run.size[row])
    return Frame(int(run.type[row]), data, run.segment, offset, True, data_end, True)


class _Doubtful(NamedTuple):
    """A record that fails its checksum."""

    frame: Frame
    before: int
    """The running checksum before it."""
    computed: int
    """The checksum computed from its data."""
    stored: int
    """The checksum stored in it."""


class WalReader:
    """The segments of one log, oldest first.

    Args:
        paths: segment files, in the order of the log.
        damage: the list to which defects are appended.
    """

    def __init__(self, paths: Sequence[Path], damage: list[Damage]) -> None:
        self.damage = damage
        self.segments: list[SegmentFile] = []
        self._reports = self._proposals = 0
        self._checksum: int | None = 0
        """State of the running checksum; None if unknown."""
        self._doubtful: _Doubtful | None = None
        """A record that fails its checksum, until the cause is known."""
        for path in paths:
            try:
                self.segments.append(SegmentFile(path))
            except OSError as error:
                reason = str(error.strerror)
                self._report(Damage(DamageCode.SEGMENT_UNREADABLE, str(path), reason=reason))

    @property
    def size(self) -> int:
        """Size in bytes of all segments, including preallocated space."""
        return sum(segment.size for segment in self.segments)

    def before(self, number: int) -> int:
        """Total size in bytes of the segments before the one with that number."""
        return sum(segment.size for segment in self.segments[:number])

    def frames(self) -> Iterator[Frame]:
        """All records in log order. Reading may stop at any point."""
        for part in self.parts():
            if isinstance(part, Frame):
                yield part
            else:
                yield from (frame_of(part, row) for row in range(len(part.frame)))

    def parts(self) -> Iterator[Frame | SoundRun]:
        """The same, with sound records in batches."""
        self._checksum, self._doubtful = 0, None
        previous: SegmentFile | None = None
        for number, segment in enumerate(self.segments):
            self._check_sequence(previous, segment)
            yield from self._segment_parts(number)
            previous = segment
        yield from self._settle(None)

    def close(self) -> None:
        """Close all segments; may be called twice."""
        for segment in self.segments:
            segment.close()

    def _segment_parts(self, number: int) -> Iterator[Frame | SoundRun]:
        segment = self.segments[number]
        is_last = number == len(self.segments) - 1
        offset, synced = 0, True
        for _ in range(MAX_BREAKS):
            offset = yield from self._chain(number, offset, synced)
            resumed = segment.find_frame(offset + LENGTH_FIELD.size)
            self._report_end(segment, offset, resumed, is_last=is_last)
            if resumed is None:
                return
            yield from self._settle(None, segment_ends=False)
            self._checksum, synced, offset = None, not is_last, resumed
        self._report(Damage(DamageCode.BREAK_LIMIT, str(segment.path), offset=offset))

    def _chain(
        self, number: int, offset: int, synced: bool
    ) -> Generator[Frame | SoundRun, None, int]:
        """The records from ``offset`` up to the first unreadable one; returns where that is."""
        wanted = FEW
        while True:
            run = None
            if synced and self._doubtful is None and self._checksum is not None:
                run = read_run(self.segments[number], number, offset, self._checksum, wanted)
            if run is not None:
                self._checksum, offset = run.checksum, run.end
                wanted = min(2 * wanted, MANY)
                yield run
                continue
            wanted = FEW
            before = offset
            offset, ended = yield from self._run(number, offset, synced)
            if ended or offset == before:
                return offset

    def _run(
        self, number: int, offset: int, synced: bool
    ) -> Generator[Frame, None, tuple[int, bool]]:
        """A few records one by one; returns where they end, and whether reading must stop."""
        frames = self.segments[number].whole_frames(offset)
        for start, raw in islice(frames, FEW):
            record = _parse(raw)
            if record is None:
                return start, True
            kind, checksum, data = record.type, record.crc, record.data
            # Data is the last field in etcd's encoding.
            end = len(raw) if raw.endswith(data) else raw.find(data) + len(data)
            frame = Frame(kind, data, number, start, True, start + LENGTH_FIELD.size + end, synced)
            offset = start + LENGTH_FIELD.size + len(raw) + -len(raw) % FRAME_ALIGNMENT
            if (
                self._doubtful is None
                and self._checksum is not None
                and kind != RecordType.CHECKSUM
                and _extend(self._checksum, data) == checksum
            ):
                self._checksum = checksum
                yield frame
            else:
                yield from self._check(frame, checksum)
        return offset, False

    def _check(self, frame: Frame, stored: int) -> Iterator[Frame]:
        """The same for a record that is not simply the next sound one."""
        if frame.type == RecordType.CHECKSUM:
            yield from self._join(frame, stored)
            return
        state = self._checksum
        computed = None if state is None else _extend(state, frame.data)
        if self._doubtful is not None:
            only_checksum_was_wrong = _extend(self._doubtful.computed, frame.data) == stored
            if only_checksum_was_wrong:
                computed = stored
            yield from self._settle(only_checksum_was_wrong, segment_ends=False)
        self._checksum = stored
        if computed == stored:
            yield frame
        elif computed is None:
            yield frame._replace(verified=False)
        else:
            self._doubtful = _Doubtful(frame, state or 0, computed, stored)

    def _join(self, frame: Frame, stored: int) -> Iterator[Frame]:
        """The first record of a segment: the checksum state at the end of the previous segment."""
        known = self._checksum
        if self._doubtful is not None:
            is_sound = self._doubtful.computed == stored
            known = stored if is_sound else known
            yield from self._settle(is_sound, segment_ends=False)
        if known not in (None, 0, stored):
            self._report(self._at(DamageCode.SEGMENT_CHECKSUM, frame))
        self._checksum = stored
        yield frame

    def _settle(self, sound: bool | None, *, segment_ends: bool = True) -> Iterator[Frame]:
        """The record that failed its checksum, if any, once the cause is known."""
        if self._doubtful is None:
            return
        doubtful, self._doubtful = self._doubtful, None
        frame = doubtful.frame
        rest = self.segments[frame.segment].rest_of_record(frame.offset) if segment_ends else b""
        if sound:
            self._report(self._at(DamageCode.STORED_CHECKSUM, frame))
        elif segment_ends and is_torn(rest, frame.offset + 8):
            self._report(self._at(DamageCode.TORN_RECORD, frame))
        else:
            found = self._at(DamageCode.RECORD_CHECKSUM, frame)
            self._report(replace(found, flip=self._proposal(doubtful)))
        yield frame._replace(verified=bool(sound))

    def _at(self, code: DamageCode, frame: Frame) -> Damage:
        return Damage(code, str(self.segments[frame.segment].path), offset=frame.offset)

    def _proposal(self, doubtful: _Doubtful) -> tuple[int, int] | None:
        """Byte offset and bit of the only bit flip that would explain a failed checksum."""
        self._proposals += 1
        if self._proposals > MAX_PROPOSALS:
            return None
        data = doubtful.frame.data
        found = find_flipped_bit(data, doubtful.before, doubtful.stored)
        if found is None:
            return None
        return doubtful.frame.data_end - len(data) + found[0], found[1]

    def _check_sequence(self, previous: SegmentFile | None, segment: SegmentFile) -> None:
        if previous is None or previous.name is None or segment.name is None:
            return
        missing = segment.name.sequence - previous.name.sequence - 1
        if missing != 0:
            self._checksum = None
            self._report(Damage(DamageCode.SEGMENTS_MISSING, str(segment.path), count=missing))

    def _report_end(
        self, segment: SegmentFile, offset: int, resumed: int | None, *, is_last: bool
    ) -> None:
        """Report why the frames end at ``offset``, unless the segment simply ends there."""
        fault = segment.frame(offset)
        if fault is None and resumed is None:
            return
        reason = fault if isinstance(fault, Fault) else Fault(FaultCode.NO_RECORD)
        skipped = 0
        if resumed is not None:
            code, skipped = DamageCode.BYTES_SKIPPED, resumed - offset
        elif is_last and is_torn(segment.rest_of_record(offset), offset + LENGTH_FIELD.size):
            code = DamageCode.TORN_RECORD
        elif is_last and isinstance(fault, Fault):
            code = DamageCode.LOG_ENDS
        else:
            code = DamageCode.SEGMENT_REST_LOST
        path = str(segment.path)
        self._report(Damage(code, path, offset=offset, fault=reason, count=skipped))

    def _report(self, damage: Damage) -> None:
        self._reports += 1
        if self._reports <= MAX_REPORTS:
            self.damage.append(damage)
        elif self._reports == MAX_REPORTS + 1:
            limit = DamageCode.REPORT_LIMIT
            self.damage.append(Damage(limit, damage.source, offset=damage.offset))


def _parse(data: bytes) -> Any | None:
    """The record in ``data``; None if etcd cannot have written it."""
    try:
        record = Record.FromString(data)
    except DecodeError:
        return None
    return record if record.type in RECORD_TYPES else None
