"""What is read, how far back it reaches, what of it is damaged or missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from etcdpod.damage_text import damage_text
from etcdpod.records import Severity, Trust
from etcdpod.tui.cells import Cell, line
from etcdpod.tui.model.safe_text import drawn_line, one_line
from etcdpod.tui.model.text import clock_text
from etcdpod.tui.styles import BAD, BOLD, DIM, HEADING, PLAIN, WARNING

if TYPE_CHECKING:
    from etcdpod.records import SourceInfo
    from etcdpod.tui.cells import Line
    from etcdpod.tui.model.browser_state import World

_STYLES = {Severity.NOTE: DIM, Severity.WARNING: WARNING, Severity.LOSS: BAD}

MOST_DAMAGE = 2000
"""Defects that are listed one by one."""


def source_lines(world: World, info: SourceInfo) -> list[Line]:
    """The whole report."""
    return [
        *_source(info),
        line(),
        *_reach(world, info),
        line(),
        *_clocks(world),
        line(),
        *_damage(world),
    ]


def _fact(name: str, text: str) -> Line:
    return [Cell(f"  {name:<22}", DIM), Cell(drawn_line(one_line(text, 500)))]


def _words(value: object) -> str:
    """A detail as a person would write it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_words(part)}" for name, part in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(_words(part) for part in value) or "none"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _source(info: SourceInfo) -> list[Line]:
    facts = [
        _fact("read from", info.target),
        _fact("kind", info.kind),
        _fact("etcd", info.etcd_version or "its version is not stated"),
        _fact("size", f"{info.size:,} bytes"),
    ]
    if info.cluster_id is not None:
        facts.append(_fact("cluster", f"{info.cluster_id:x}"))
    facts += [_fact(name, _words(value)) for name, value in info.details.items()]
    return [line(Cell("Source", HEADING)), *facts]


def _reach(world: World, info: SourceInfo) -> list[Line]:
    ledger = world.ledger
    lines = [line(Cell("How far it reaches", HEADING))]
    lines.append(
        _fact("revisions kept", f"{len(ledger):,}" + ("" if world.complete else " so far"))
    )
    lines += [
        _fact(f"of trust {trust.value}", f"{ledger.trust[trust]:,}, {trust.meaning}")
        for trust in Trust
        if ledger.trust[trust]
    ]
    if len(ledger):
        columns = ledger.columns
        deleted = int(columns.gone[ledger.newest()].sum())
        lines += [
            _fact("of keys", f"{len(ledger.keys):,}, of which {deleted:,} are deleted now"),
            _fact("oldest kept", _moment(world, int(columns.main[0]))),
            _fact("newest", _moment(world, world.newest)),
        ]
    if info.compact_revision > 0:
        lines.append(
            _fact(
                "compacted below",
                f"{_moment(world, info.compact_revision)}: before it etcd kept only the "
                "last revision of what then existed",
            )
        )
    else:
        lines.append(_fact("history", "complete: nothing compacted is missing"))
    return lines


def _moment(world: World, revision: int) -> str:
    time = world.moments.at(revision)
    return (
        f"{revision}" if time is None else f"{revision}  ({clock_text(time)} UTC, {time:%Y-%m-%d})"
    )


def _clocks(world: World) -> list[Line]:
    notes = world.clock.notes or ("all clocks agree",)
    return [line(Cell("Clocks", HEADING)), *(line(f"  {one_line(note)}") for note in notes)]


def _damage(world: World) -> list[Line]:
    found = list(world.session.damage)
    lines = [line(Cell("Damage", HEADING))]
    if not found:
        return [*lines, line(Cell("  none was met", PLAIN))]
    lines.append(line(Cell(f"  {len(found):,} defects", BOLD)))
    for defect in found[:MOST_DAMAGE]:
        text = one_line(damage_text(defect), 500)
        lines.append([Cell(f"  {defect.severity.value:<8}", _STYLES[defect.severity]), Cell(text)])
    return lines
