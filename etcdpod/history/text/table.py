"""The history of one object as a table for people."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import chain, groupby, islice
from typing import TYPE_CHECKING, Final

from etcdpod.history.text.diff import BOLD, CYAN, DIM, GREEN, RED, one_line, painted, semantic
from etcdpod.history.text.fields import step_fields
from etcdpod.records import Origin

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime, timedelta

    from etcdpod.changes import EventType, Incarnation, Step, Writer
    from etcdpod.records import Revision

__all__ = ["step_fields", "table", "who"]

YELLOW: Final = "33"

ACROSS: Final = "across the gap: "
"""Stands before changes that missing revisions may have made."""

_LOOK_AHEAD: Final = 1000
"""Rows of a life that are read before the first is printed: they decide its columns."""


@dataclass(frozen=True, slots=True)
class _Row:
    """What a line shows of a step; the step's objects are let go."""

    event: EventType
    revision: Revision
    uid: str
    missing_before: int
    time: datetime | None
    who: str
    what: str
    differences: tuple[str, ...]


@dataclass(slots=True)
class _Tally:
    """What the line below a history sums up."""

    origins: Counter[Origin] = field(default_factory=Counter)
    certainties: Counter[str] = field(default_factory=Counter)
    widest: timedelta | None = None

    def add(self, step: Step) -> None:
        """Count one step."""
        self.origins[step.record.provenance.origin] += 1
        if step.writer is not None:
            self.certainties[step.writer.certainty] += 1
        span = step.time
        if span is not None and span.earliest is not None and span.latest is not None:
            width = span.latest - span.earliest
            self.widest = width if self.widest is None else max(self.widest, width)


def table(
    title: str,
    lives: Sequence[Incarnation],
    steps: Iterable[Step],
    *,
    compact_revision: int = 0,
    current_revision: int | None = None,
    with_diff: bool = False,
    colour: bool = False,
) -> Iterator[str]:
    """A history for people: each life under a heading, each revision on a line.

    Columns that no step of a life can fill (TIME, WHO) are left out.

    Args:
        title: what the history is of, as the user would name it.
        lives: the key's incarnations.
        steps: its revisions, or a selection of them, in order; read as the lines are.
        compact_revision: of the source; 0 when it was never compacted.
        current_revision: up to which the source reaches.
        with_diff: put every change below its line.
        colour: use ANSI colours.

    Yields:
        Lines without a newline, fit for a terminal.
    """
    yield _heading(title, lives, colour)
    tally = _Tally()
    for number, life_steps in groupby(steps, key=lambda step: step.incarnation):
        rows = (_row(step, tally, with_diff, colour) for step in life_steps)
        ahead = list(islice(rows, _LOOK_AHEAD))
        yield ""
        yield _life_heading(number, ahead, lives, current_revision, colour)
        yield from _lines(ahead, rows, colour)
    notes = _notes(tally, lives, compact_revision)
    if notes:
        yield ""
        yield painted(" · ".join(notes), DIM, colour)


def who(writer: Writer | None) -> str:
    """The writer on one line, safe to print; empty for None."""
    return "" if writer is None else one_line(str(writer))


def _row(step: Step, tally: _Tally, with_diff: bool, colour: bool) -> _Row:
    tally.add(step)
    return _Row(
        event=step.event,
        revision=step.record.revision,
        uid=one_line(step.uid),
        missing_before=step.missing_before if step.record.version != 1 else 0,
        time=step.time.estimate if step.time is not None else None,
        who=who(step.writer),
        what=" · ".join(map(one_line, step.summary)),
        differences=tuple(semantic(step.changes, colour=colour)) if with_diff else (),
    )


def _heading(title: str, lives: Sequence[Incarnation], colour: bool) -> str:
    kept, gone = sum(life.kept for life in lives), sum(life.missing for life in lives)
    if gone:
        state = f"{gone} more known to have existed"
    elif any(life.end_missing for life in lives):
        state = "a deletion is missing"
    else:
        state = "nothing missing since create"
    counts = f"{_counted(len(lives), 'incarnation')} · {_counted(kept, 'revision')}"
    return f"{painted(one_line(title), BOLD, colour)}   {counts} · {state}"


def _life_heading(
    number: int,
    rows: Sequence[_Row],
    lives: Sequence[Incarnation],
    current_revision: int | None,
    colour: bool,
) -> str:
    """``● incarnation 1   uid b6bbbf8c   445 … 767   lived 44 s``."""
    first, last = rows[0], rows[-1]
    uid = next((row.uid for row in rows if row.uid), "")
    life = next(
        (one for one in lives if one.first.revision <= first.revision <= one.last.revision), None
    )
    if life is None:
        span = f"{first.revision} …"
    elif life.deleted_at is not None:
        span = f"{life.create_revision or '?'} … {life.deleted_at}"
    elif life.end_missing:
        span = f"{life.create_revision} … (deleted, the deletion is not kept)"
    else:
        alive = "" if current_revision is None else f" (alive at {current_revision})"
        span = f"{life.create_revision} …{alive}"
    parts = [f"● incarnation {number}", f"uid {uid[:8]}" if uid else "uid unknown", span]
    if first.event == "ADDED" and last.event == "DELETED" and first.time and last.time:
        parts.append(f"lived {_duration(last.time - first.time)}")
    dates = {row.time.date() for row in rows if row.time is not None}
    if len(dates) == 1:
        parts.append(dates.pop().isoformat())
    return painted("   ".join(parts), CYAN, colour)


def _lines(ahead: Sequence[_Row], rest: Iterable[_Row], colour: bool) -> Iterator[str]:
    """The rows of one life below their column names."""
    dated = len({row.time.date() for row in ahead if row.time is not None}) > 1
    widths = {"REVISION": max(8, *(len(str(row.revision)) for row in ahead))}
    if any(row.time is not None for row in ahead):
        widths["TIME (UTC)"] = max(len("TIME (UTC)"), 21 if dated else 10)
    if any(row.who for row in ahead):
        widths["WHO"] = max(len(row.who) for row in ahead)
    names = "  ".join(f"{name:<{width}}" for name, width in widths.items())
    yield painted(f"  {names}  WHAT", DIM, colour)
    for row in chain(ahead, rest):
        what = row.what
        if row.missing_before and row is not ahead[0]:
            count = _counted(row.missing_before, "revision")
            yield painted(f"  … {count} missing", YELLOW, colour)
            # Whoever wrote this revision need not have done what is seen across a gap.
            what = f"{ACROSS}{what}"
        cells = {
            "REVISION": str(row.revision),
            "TIME (UTC)": _moment(row.time, dated),
            "WHO": row.who,
        }
        left = "  ".join(f"{cells[name]:<{width}}" for name, width in widths.items())
        code = {"ADDED": GREEN, "DELETED": RED}.get(row.event, "")
        yield f"  {left}  {painted(what, code, colour and bool(code))}".rstrip()
        for line in row.differences:
            yield f"      {line}"


def _notes(tally: _Tally, lives: Sequence[Incarnation], compact_revision: int) -> list[str]:
    """How the answer was come by, and what no answer can hold."""
    notes = []
    if tally.widest is not None:
        notes.append(f"times: ± {tally.widest.total_seconds() / 2:.1f} s")
    if tally.certainties:
        notes.append("who: " + _listed(tally.certainties))
    if tally.origins.keys() - {Origin.TREE, Origin.LIVE}:
        counts = Counter({origin.value: count for origin, count in tally.origins.items()})
        notes.append("read from: " + _listed(counts))
    if compact_revision > 0:
        note = f"compacted below {compact_revision}"
        # Revision 2 is the first that a cluster writes: nothing can have lived before it.
        if lives and (lives[0].create_revision or lives[0].first.mod_revision) > 2:
            note += ", where a life that had ended left no trace"
        notes.append(note)
    return notes


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{one_line(name)} {count}" for name, count in counts.most_common())


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _moment(time: datetime | None, dated: bool) -> str:
    """The time of day to a tenth of a second, cut and not rounded; the date where needed."""
    if time is None:
        return ""
    clock = f"{time:%H:%M:%S}.{time.microsecond // 100_000}"
    return f"{time:%Y-%m-%d} {clock}" if dated else clock


def _duration(span: timedelta) -> str:
    """Seconds, minutes, hours or days, with two units at most."""
    seconds = span.total_seconds()
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for size, unit, smaller, name in (
        (86_400, "d", 3_600, "h"),
        (3_600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size} {unit}" + (f" {rest} {name}" if rest else "")
    return f"{whole} s"
