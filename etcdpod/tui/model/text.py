"""Objects and differences as styled lines. Everything from a cluster is made safe here."""

from __future__ import annotations

import difflib
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from etcdpod.history.blame import blame_lines
from etcdpod.history.text.diff import semantic, unified
from etcdpod.history.text.table import who
from etcdpod.kube.codec.decoded import Decoded
from etcdpod.kubectl.formats.yaml import dumps
from etcdpod.tui.cells import StyledText, fitted, line
from etcdpod.tui.model.safe_text import drawn_line
from etcdpod.tui.styles import ADDED, BOLD, CHANGED, DIM, PLAIN, REMOVED, WARNING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from etcdpod.changes import Change, Step
    from etcdpod.history.blame import LineOrigin
    from etcdpod.registry.objects import Item
    from etcdpod.tui.cells import Line

_SIGNS = {"+": ADDED, "-": REMOVED, "~": CHANGED, "@": DIM}


def clock_text(moment: datetime | None, *, tenths: bool = True) -> str:
    """``20:25:02.5``; empty for an unknown time."""
    if moment is None:
        return ""
    return f"{moment:%H:%M:%S.%f}"[:-5] if tenths else f"{moment:%H:%M:%S}"


def yaml_lines(value: dict[str, Any]) -> list[Line]:
    """An object as kubectl's YAML, names of fields set apart from values."""
    return [_yaml_line(text) for text in dumps(value).splitlines()]


def _yaml_line(text: str) -> Line:
    text = drawn_line(text)
    stripped = text.lstrip(" ")
    indent = len(text) - len(stripped)
    if stripped.startswith("- "):
        indent += 2
        stripped = stripped[2:]
    name, colon, value = stripped.partition(":")
    if not colon or " " in name.strip('"') or not (value == "" or value.startswith(" ")):
        return line(text)
    return [StyledText(text[:indent]), StyledText(name, CHANGED), StyledText(f":{value}")]


def item_lines(item: Item | None, *, managed_fields: bool = False) -> list[Line]:
    """The YAML of what was read, or why there is none."""
    if item is None:
        return [line(StyledText("the object does not exist at this revision", DIM))]
    if item.object is None:
        return [
            line(StyledText("this value cannot be shown as an object", WARNING)),
            line(drawn_line(str(item.outcome))),
            line(StyledText("x shows its bytes", DIM)),
        ]
    value = item.object
    if not managed_fields:
        value = without_managed_fields(value)
    lines = yaml_lines(value)
    unknown = item.outcome.unknown if isinstance(item.outcome, Decoded) else ()
    if unknown:
        lines.append(line(StyledText(f"# {len(unknown)} fields that no schema knows:", WARNING)))
        lines += [
            line(drawn_line(f"#   {field.path or '.'} field {field.number}: {field.data.hex()}"))
            for field in unknown
        ]
    return lines


def without_managed_fields(value: dict[str, Any]) -> dict[str, Any]:
    """The object as kubectl shows it: without ``metadata.managedFields``."""
    metadata = value.get("metadata")
    if not isinstance(metadata, dict) or "managedFields" not in metadata:
        return value
    kept = {name: part for name, part in metadata.items() if name != "managedFields"}
    return {**value, "metadata": kept}


def change_lines(changes: Iterable[Change]) -> list[Line]:
    """Changes field by field; removals red and with a minus, additions green and with a plus."""
    lines = [_signed(text) for text in semantic(changes)]
    return lines or [line(StyledText("nothing but noise changed (m shows it)", DIM))]


def unified_lines(
    before: dict[str, Any] | None, after: dict[str, Any] | None, names: tuple[str, str]
) -> list[Line]:
    """Two objects compared line by line."""
    lines = [_signed(text) for text in unified(before, after, names=names)]
    return lines or [line(StyledText("the two are the same", DIM))]


def _signed(text: str) -> Line:
    text = drawn_line(text)
    return [StyledText(text, _SIGNS.get(text.lstrip(" ")[:1], PLAIN))]


def side_by_side(
    before: dict[str, Any] | None, after: dict[str, Any] | None, width: int
) -> list[Line]:
    """Two objects beside each other, equal lines at equal height.

    Args:
        before: the older object; None for one that did not exist.
        after: the newer object.
        width: columns for both together.
    """
    half = max((width - 3) // 2, 10)
    left = [] if before is None else dumps(before).splitlines()
    right = [] if after is None else dumps(after).splitlines()
    lines: list[Line] = []
    matcher = difflib.SequenceMatcher(None, left, right, autojunk=False)
    for op, a, b, c, d in matcher.get_opcodes():
        same = op == "equal"
        for old, new in zip_longest(left[a:b], right[c:d], fillvalue=None):
            lines.append(
                [
                    _half(old, half, DIM if same else REMOVED),
                    StyledText(" │ " if same else " ┃ ", DIM if same else BOLD),
                    _half(new, half, DIM if same else ADDED),
                ]
            )
    return lines


def _half(text: str | None, width: int, style: Any) -> StyledText:
    return StyledText(fitted(drawn_line(text or ""), width), style)


def blamed(steps: Iterable[Step]) -> list[Line]:
    """The YAML of the last of the steps, before each line who set it last, and when."""
    found = blame_lines(steps)
    lines: list[Line] = []
    above: LineOrigin | None = None
    for one in found:
        origin = one.origin
        shown = "" if origin is None or origin == above else _origin(origin)
        lines.append([StyledText(fitted(shown, _ORIGIN_WIDTH), DIM), StyledText("│ ", DIM)])
        lines[-1] = [*lines[-1], *_yaml_line(one.text)]
        above = origin
    return lines or [line(StyledText("no revision of it can be read", DIM))]


_ORIGIN_WIDTH = 42


def _origin(origin: LineOrigin) -> str:
    revision = f"{origin.revision}" if origin.exact else f"≤{origin.revision}"
    time = clock_text(origin.time.estimate if origin.time is not None else None, tenths=False)
    return f"{revision:>6} {time:8} {who(origin.writer)}"


def message(text: str, *more: str) -> Sequence[Line]:
    """A text of our own instead of an object."""
    return [line(StyledText(text, DIM)), *(line(one) for one in more)]
