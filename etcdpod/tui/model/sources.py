"""What is read, how far back it reaches, what of it is damaged or missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import TYPE_CHECKING

from etcdpod.damage_text import damage_text
from etcdpod.records import Severity, Trust
from etcdpod.source_details import detail_fields, detail_label
from etcdpod.tui.cells import StyledText, line
from etcdpod.tui.model.safe_text import drawn_line, one_line
from etcdpod.tui.model.text import clock_text
from etcdpod.tui.styles import BAD, BOLD, DIM, HEADING, PLAIN, WARNING

if TYPE_CHECKING:
    from etcdpod.records import SourceInfo
    from etcdpod.source_details import Details
    from etcdpod.tui.cells import Line
    from etcdpod.tui.model.browser_state import BrowserState

_STYLES = {Severity.NOTE: DIM, Severity.WARNING: WARNING, Severity.LOSS: BAD}

MOST_DAMAGE = 2000
"""Number of defects that are listed."""


def source_lines(state: BrowserState, info: SourceInfo) -> list[Line]:
    """The whole report."""
    return [
        *_source(info, state.session.details()),
        line(),
        *_reach(state, info),
        line(),
        *_clocks(state),
        line(),
        *_damage(state),
    ]


def _fact(name: str, text: str) -> Line:
    return [StyledText(f"  {name:<22}", DIM), StyledText(drawn_line(one_line(text, 500)))]


def _words(value: object) -> str:
    """A detail as a person would write it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Enum):
        return str(value.value)
    if is_dataclass(value):
        parts = ((detail_label(one.name), getattr(value, one.name)) for one in fields(value))
        return ", ".join(f"{name} {_words(part)}" for name, part in parts)
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_words(part)}" for name, part in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(_words(part) for part in value) or "none"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _source(info: SourceInfo, details: tuple[Details, ...]) -> list[Line]:
    facts = [
        _fact("read from", info.target),
        _fact("kind", info.kind),
        _fact("etcd", info.etcd_version or "its version is not stated"),
        _fact("size", f"{info.size:,} bytes"),
    ]
    if info.cluster_id is not None:
        facts.append(_fact("cluster", f"{info.cluster_id:x}"))
    facts += [_fact(detail_label(name), _words(value)) for name, value in detail_fields(details)]
    return [line(StyledText("Source", HEADING)), *facts]


def _reach(state: BrowserState, info: SourceInfo) -> list[Line]:
    ledger = state.ledger
    lines = [line(StyledText("How far it reaches", HEADING))]
    lines.append(
        _fact("revisions kept", f"{len(ledger):,}" + ("" if state.complete else " so far"))
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
            _fact("oldest kept", _moment(state, int(columns.main[0]))),
            _fact("newest", _moment(state, state.newest)),
        ]
    if info.compact_revision > 0:
        lines.append(
            _fact(
                "compacted below",
                f"{_moment(state, info.compact_revision)}: before it etcd kept only the "
                "last revision of what then existed",
            )
        )
    else:
        lines.append(_fact("history", "complete: nothing compacted is missing"))
    return lines


def _moment(state: BrowserState, revision: int) -> str:
    time = state.times.at(revision)
    return (
        f"{revision}" if time is None else f"{revision}  ({clock_text(time)} UTC, {time:%Y-%m-%d})"
    )


def _clocks(state: BrowserState) -> list[Line]:
    notes = state.clock.notes or ("all clocks agree",)
    return [line(StyledText("Clocks", HEADING)), *(line(f"  {one_line(note)}") for note in notes)]


def _damage(state: BrowserState) -> list[Line]:
    found = list(state.session.damage)
    lines = [line(StyledText("Damage", HEADING))]
    if not found:
        return [*lines, line(StyledText("  none found", PLAIN))]
    lines.append(line(StyledText(f"  {len(found):,} defects", BOLD)))
    for defect in found[:MOST_DAMAGE]:
        text = one_line(damage_text(defect), 500)
        severity = StyledText(f"  {defect.severity.value:<8}", _STYLES[defect.severity])
        lines.append([severity, StyledText(text)])
    return lines
