"""Lanes as SVG, for a post-mortem: no scripts, no external fonts, escaped text."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from etcdpod.forensics.incident.model import LaneState, MarkKind, round_times
from etcdpod.forensics.incident.text import legend, title
from etcdpod.kubectl.formats.safe import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from etcdpod.forensics.incident.model import Axis, Lane, LaneSpan

ROW: Final = 18
"""Height of a lane in pixels."""
BAR: Final = 11
"""Height of a bar in pixels."""
LETTER: Final = 7.2
"""Maximum width of a character in pixels."""
TOP: Final = 46
"""Space above the first lane in pixels."""
NOTES: Final = 330
"""Width of the notes in pixels."""
NOTE: Final = int((NOTES - 8) / LETTER)
"""Maximum characters of a note."""

_COLOURS: Final = {
    LaneState.PENDING: "#e3c567",
    LaneState.UNSCHEDULABLE: "#b07cc6",
    LaneState.INIT: "#8ecae6",
    LaneState.CREATING: "#5fb3d9",
    LaneState.READY: "#4caf6d",
    LaneState.NOT_READY: "#f0a63a",
    LaneState.WAITING: "#e57373",
    LaneState.IMAGE_PULL: "#d81b60",
    LaneState.BACK_OFF: "#e53935",
    LaneState.CRASHED: "#9b1c1c",
    LaneState.TERMINATING: "#6d83b8",
    LaneState.SUCCEEDED: "#a5d6a7",
    LaneState.FAILED: "#b71c1c",
    LaneState.NODE_LOST: "#7e57c2",
    LaneState.SILENT: "#b39ddb",
    LaneState.UNKNOWN: "#9e9e9e",
    LaneState.UNREADABLE: "#bdbdbd",
    LaneState.NOT_KEPT: "#e0e0e0",
}

_STYLE: Final = (
    "text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#1f2933}"
    ".n{fill:#52606d}.h{font-weight:bold;font-size:14px}.k{fill:#fff;font-size:9px}"
)


def lanes_svg(lanes: Sequence[Lane], axis: Axis, *, heading: str = "") -> str:
    """The lanes as one self-contained SVG file.

    Args:
        lanes: the lanes, in drawing order.
        axis: its ``columns`` are pixels.
        heading: a line above the lanes.
    """
    several = len({lane.namespace for lane in lanes if lane.kind != "nodes"}) > 1
    names = [_text(title(lane, namespace=several)) for lane in lanes]
    left = int(max((len(name) for name in names), default=4) * LETTER) + 16
    width = left + axis.columns + NOTES
    bottom = TOP + ROW * (len(lanes) + 1)
    keys = list(_legend(legend(lanes), bottom + 8, width))
    height = bottom + 8 + ROW * keys[-1][0] if keys else bottom
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img">',
        f"<style>{_STYLE}</style>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text class="h" x="8" y="20">{escape(_text(heading))}</text>',
        *_ruler(axis, left, bottom - ROW // 2),
    ]
    for index, (lane, name) in enumerate(zip(lanes, names, strict=True)):
        parts += _lane(lane, name, axis, left, TOP + index * ROW)
    parts += [drawn for _, drawn in keys]
    return "\n".join([*parts, "</svg>", ""])


def _text(text: str) -> str:
    """Escape text onto one line, without characters invalid in XML."""
    return printable(text).replace("\n", " ").replace("\t", " ")


def _ruler(axis: Axis, left: int, bottom: int) -> Iterator[str]:
    ticks = round_times(axis, 90)
    if not ticks:
        step = max(axis.columns // 8, 1)
        ticks = [
            (column, f"rev {axis.revision_at(column)}") for column in range(0, axis.columns, step)
        ]
    for column, text in ticks:
        x = left + column
        yield f'<line x1="{x}" y1="{TOP - 8}" x2="{x}" y2="{bottom}" stroke="#e4e7eb"/>'
        yield f'<text class="n" x="{x + 3}" y="{TOP - 12}">{text}</text>'


def _lane(lane: Lane, name: str, axis: Axis, left: int, top: int) -> Iterator[str]:
    yield f'<text x="8" y="{top + 11}">{escape(name)}</text>'
    for span in lane.spans:
        if span.end > axis.first and span.start <= axis.last:
            yield _bar(span, axis, left, top)
    for mark in lane.marks:
        if axis.first <= mark.revision <= axis.last:
            x = left + axis.position(mark.revision)
            shape = (
                f'<circle cx="{x}" cy="{top + 6}" r="3.2" fill="#fff" stroke="#9b1c1c"/>'
                if mark.kind is MarkKind.RESTART
                else f'<text x="{x - 4}" y="{top + 11}">{mark.kind.glyph}</text>'
            )
            tooltip = escape(_text(f"rev {mark.revision}: {mark.text}"))
            yield f"<g><title>{tooltip}</title>{shape}</g>"
    if lane.note:
        whole = _text(lane.note)
        shown = whole if len(whole) <= NOTE else whole[: NOTE - 1] + "…"
        x = left + axis.columns + 8
        tooltip = f"<title>{escape(whole)}</title>" if shown != whole else ""
        yield f'<text class="n" x="{x}" y="{top + 11}">{tooltip}{escape(shown)}</text>'


def _bar(span: LaneSpan, axis: Axis, left: int, top: int) -> str:
    start = axis.position(max(span.start, axis.first))
    end = axis.columns if span.end > axis.last else axis.position(span.end)
    width = max(end - start, 2)
    moment = axis.moment(span.start)
    time = f" {moment:%H:%M:%S}" if moment is not None else ""
    words = f"{span.state.label} {span.reason}".strip()
    tooltip = escape(_text(f"{words}: rev {span.start}{time} to {span.end}"))
    bar = (
        f'<rect x="{left + start}" y="{top + 1}" width="{width}" height="{BAR}" '
        f'fill="{_COLOURS[span.state]}"/>'
    )
    # Trouble is also marked by its letter: colour alone never carries meaning.
    letter = (
        f'<text class="k" x="{left + start + 3}" y="{top + 10}">{span.state.glyph}</text>'
        if span.state.trouble and width >= 12
        else ""
    )
    return f"<g><title>{tooltip}</title>{bar}{letter}</g>"


def _legend(
    signs: Sequence[LaneState | MarkKind], top: int, width: int
) -> Iterator[tuple[int, str]]:
    """The signs with their labels and rows, wrapped to as many rows as needed."""
    x, row = 8.0, 1
    for sign in signs:
        needed = 26 + len(sign.label) * LETTER
        if x + needed > width and x > 8:
            x, row, top = 8.0, row + 1, top + ROW
        if sign is MarkKind.RESTART:
            shape = f'<circle cx="{x + 5}" cy="{top + 5}" r="3.2" fill="#fff" stroke="#9b1c1c"/>'
        elif isinstance(sign, LaneState):
            shape = f'<rect x="{x}" y="{top}" width="10" height="10" fill="{_COLOURS[sign]}"/>'
        else:
            shape = f'<text x="{x}" y="{top + 9}">{sign.glyph}</text>'
        yield row, f'{shape}<text class="n" x="{x + 14}" y="{top + 9}">{escape(sign.label)}</text>'
        x += needed
