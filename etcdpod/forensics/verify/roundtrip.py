"""Checks that a value is encoded as an API server would write it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from etcdpod.forensics.verify.model import Defect
from etcdpod.kube.codec import Decoded
from etcdpod.records import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.history.lives import Registry
    from etcdpod.records import Encrypted, Record, Undecodable

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
LONGEST_PATHS = 3
SEEN_BESIDE = 24
"""Bytes around invalid text used to locate it in the value."""
ASCII = 0x7F
MOST_NODES = 1_000_000
"""Maximum number of members checked per object."""


def check(
    registry: Registry, record: Record, outcome: Decoded | Encrypted | Undecodable
) -> Iterator[Defect]:
    """Report messages that do not round-trip, invalid UTF-8, and unknown fields."""
    if not isinstance(outcome, Decoded):
        return
    if outcome.lossless is False and not outcome.unknown:
        what = "written again, the object is not the same bytes"
        consequence = "an API server wrote something else here, or not an API server wrote it"
        yield _defect("not lossless", what, consequence)
    if outcome.encoding == "protobuf":
        yield from _broken_text(record, outcome.object)
    if outcome.unknown:
        fields = [f"{one.path or 'the object'} field {one.number}" for one in outcome.unknown]
        shown = ", ".join(fields[:LONGEST_PATHS])
        more = f" and {len(fields) - LONGEST_PATHS} more" if len(fields) > LONGEST_PATHS else ""
        what = f"no schema knows {shown}{more}"
        consequence = "kept as it is: a newer API server may have written it"
        yield _defect("unknown fields", what, consequence, Severity.NOTE, outcome.unknown[0].path)


def _broken_text(record: Record, value: dict[str, Any]) -> Iterator[Defect]:
    """Invalid UTF-8, which no API server writes."""
    if REPLACEMENT not in json.dumps(value, ensure_ascii=False):
        return  # rare, and checking the whole is ten times faster than each text
    broken = [(path, text) for path, text in _texts(value) if REPLACEMENT in text]
    if not broken or REPLACEMENT.encode() in record.value:
        return  # the character itself was stored
    paths = [path for path, _ in broken]
    what = f"the text in {', '.join(paths[:LONGEST_PATHS])} is no UTF-8"
    consequence = "a byte of it was changed: clients are shown another text than was written"
    offset = _offset(record.value, broken[0][1])
    yield _defect("text", what, consequence, path=paths[0], offset=offset)


def _offset(value: bytes, text: str) -> int | None:
    """Offset of invalid UTF-8 in a value, located by the surrounding bytes."""
    before, _, after = text.partition(REPLACEMENT)
    after = after.partition(REPLACEMENT)[0]
    left, right = before.encode()[-SEEN_BESIDE:], after.encode()[:SEEN_BESIDE]
    beside = left if len(left) >= len(right) else right
    found = value.find(beside) if beside else -1
    while found >= 0:
        place = found + len(beside) if beside is left else found - 1
        if 0 <= place < len(value) and value[place] > ASCII:
            return place
        found = value.find(beside, found + 1)
    return None


def _texts(value: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The texts of an object, including member names, with their paths."""
    waiting: list[tuple[str, Any]] = [("", value)]
    for _ in range(MOST_NODES):
        if not waiting:
            return
        path, node = waiting.pop()
        if isinstance(node, str):
            yield path, node
        elif isinstance(node, dict):
            for name, member in node.items():
                inner = f"{path}.{name}" if path else str(name)
                if REPLACEMENT in str(name):
                    yield path, str(name)
                waiting.append((inner, member))
        elif isinstance(node, list):
            waiting.extend((f"{path}[{index}]", one) for index, one in enumerate(node))


def _defect(
    check_name: str,
    what: str,
    consequence: str,
    severity: Severity = Severity.WARNING,
    path: str = "",
    offset: int | None = None,
) -> Defect:
    return Defect(check_name, "", what, consequence, severity, offset=offset, path=path)
