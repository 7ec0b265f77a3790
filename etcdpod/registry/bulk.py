"""Many records through one function on all cores: in order, and in bounded memory.

Decoding is work for the processor, and one Python process uses one core. The workers are
forked, so they read the same mapped file and the same index; nothing is copied to them.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from etcdpod.connectors.base import Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from etcdpod.records import Record

Result = TypeVar("Result")

SLICE = 128
"""Records handed to the function at once."""

WORTH_FORKING = 1500
"""Below this many records a second process costs more than it gains."""


def map_slices(
    records: Iterable[Record], work: Callable[[Sequence[Record]], Result]
) -> Iterator[Result]:
    """``work`` over slices of the records, results in the order of the records.

    A source that is no random-access selection (a live etcd) is worked in this process.
    """
    workers = _cores() if is_long(records) else 1
    if workers > 1 and hasattr(os, "fork"):
        return _forked(records, work, workers)
    return _serial(records, work)


def is_long(records: Iterable[Record]) -> bool:
    """Whether these are records that can be shared out, and enough for that."""
    return isinstance(records, Selection) and len(records) >= WORTH_FORKING


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _serial(
    records: Iterable[Record], work: Callable[[Sequence[Record]], Result]
) -> Iterator[Result]:
    batch: list[Record] = []
    for record in records:
        batch.append(record)
        if len(batch) == SLICE:
            yield work(batch)
            batch = []
    if batch:
        yield work(batch)


def _forked(records: Any, work: Callable[[Sequence[Record]], Result], count: int) -> Iterator[Any]:
    """Worker ``i`` takes the slices ``i, i + count, …``; a full pipe makes it wait for us."""
    starts = range(0, len(records), SLICE)
    sys.stdout.flush()
    sys.stderr.flush()
    workers: list[tuple[int, BinaryIO]] = []
    try:
        for number in range(count):
            mine = [slice(start, start + SLICE) for start in starts[number::count]]
            workers.append(_start(records, work, mine, [pipe for _, pipe in workers]))
        for position in range(len(starts)):
            # What our own child wrote: nothing of it comes from outside.
            outcome, result = pickle.load(workers[position % count][1])
            if outcome == "failed":
                raise result
            yield result
    finally:
        for process, pipe in workers:
            pipe.close()
            os.kill(process, signal.SIGKILL)  # one that is done already is not moved by it
            os.waitpid(process, 0)


def _start(
    records: Any, work: Callable[[Any], Any], slices: list[slice], inherited: list[BinaryIO]
) -> tuple[int, BinaryIO]:
    reading, writing = os.pipe()
    process = os.fork()
    if process:
        os.close(writing)
        return process, os.fdopen(reading, "rb")
    gc.disable()  # a worker lives for seconds and makes no cycles: collecting only costs
    os.close(reading)
    for pipe in inherited:
        os.close(pipe.fileno())
    _work_and_exit(records, work, slices, writing)
    raise AssertionError("a worker does not return")


def _work_and_exit(records: Any, work: Callable[[Any], Any], slices: list[slice], fd: int) -> None:
    try:
        with os.fdopen(fd, "wb") as out:
            for piece in slices:
                try:
                    answer = ("done", work(records[piece]))
                except Exception as error:  # noqa: BLE001 carried to the parent, and raised there
                    answer = ("failed", error)
                pickle.dump(answer, out, pickle.HIGHEST_PROTOCOL)
                out.flush()
    except BrokenPipeError:
        pass  # the parent has seen enough
    finally:
        os._exit(0)
