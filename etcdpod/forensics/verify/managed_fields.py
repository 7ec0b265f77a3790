"""Checks that ``metadata.managedFields`` is as the API server writes it.

Half of most objects is managedFields, and so are half of all flipped bits. Only the API server
writes it, in a fixed order and for existing fields and members.
"""

from __future__ import annotations

import json
from functools import cache, lru_cache
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from etcdpod.forensics.verify.bit_repair.near import (
    Words,
    bits_apart,
    candidates,
    is_other_spelling,
)
from etcdpod.forensics.verify.model import Defect
from etcdpod.kube.codec import Decoded
from etcdpod.kube.schema import kinds_by_name, message_facts
from etcdpod.records import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from etcdpod.history.lives import Registry
    from etcdpod.records import Encrypted, Record, Undecodable

_FIXED = {"operation": Words(["Apply", "Update"]), "fieldsType": Words(["FieldsV1"])}
MARKS = ("f:", "k:", "v:", "i:")
"""Prefixes of names: a field, or a list member by keys, value or index."""
MOST_NODES = 20_000
MOST_MEMBERS = 500
"""Maximum number of members of a list or map compared with their owners."""
MOST_KEPT = 4_096
MOST_MISSING = 50
"""Maximum number of dangling names of an object compared with its members."""
_MAP = "map:"
_PATH = "metadata.managedFields"
_CONSEQUENCE = "server-side apply and every update of the object read there who owns which field"


class _Node(NamedTuple):
    """A part of a ``fieldsV1``."""

    owned: dict[str, Any]
    message: str
    """Full name of the message it describes; empty if unknown."""
    part: Any
    """The object's value there; None if unknown."""
    path: tuple[str, ...]


class _Missing(NamedTuple):
    """A member that is owned but absent."""

    path: tuple[str, ...]
    name: str
    part: Any
    """The object or list that should contain it."""


class _Fault(NamedTuple):
    what: str
    text: str
    """As stored in the value."""
    right: str = ""
    """The expected text, if known."""
    is_either: bool = False
    """It may be right, and the other wrong."""


def check(
    registry: Registry, record: Record, outcome: Decoded | Encrypted | Undecodable
) -> Iterator[Defect]:
    """Report entries that no API server would write."""
    if not isinstance(outcome, Decoded):
        return
    metadata = outcome.object.get("metadata")
    entries = metadata.get("managedFields") if isinstance(metadata, dict) else None
    if not isinstance(entries, list):
        return
    missing: list[_Missing] = []
    for number, entry in enumerate(entries):
        if isinstance(entry, dict):
            # One bit can break several rules at once: the first match is the best.
            for fault in islice(_entry(entry, outcome, missing), 1):
                yield _defect(record, fault, f"{_PATH}[{number}]")
    for fault in _renamed(missing, entries):
        yield _defect(record, fault, _PATH)


def _entry(entry: dict[str, Any], outcome: Decoded, missing: list[_Missing]) -> Iterator[_Fault]:
    for member, known in _FIXED.items():
        text = str(entry.get(member))
        if (meant := known.near(text)) is not None:
            yield _Fault(f"there is no {member} {text!r}, but {meant!r}", text, meant)
    owned, version = entry.get("fieldsV1"), str(entry.get("apiVersion"))
    if isinstance(owned, dict):
        row = kinds_by_name().get((version, outcome.kind))
        part = outcome.object if version == outcome.api_version else None
        root = _Node(owned, "" if row is None else row.message, part, ())
        yield from _fields(root, missing)


def _fields(root: _Node, missing: list[_Missing]) -> Iterator[_Fault]:
    waiting = [root]
    for _ in range(MOST_NODES):
        if not waiting:
            return
        node = waiting.pop()
        yield from _names(node.message, tuple(node.owned))
        for name, inner in node.owned.items():
            if not isinstance(inner, dict):
                yield _Fault(f"what {name!r} holds is no set of fields", name)
                continue
            member = None
            if node.part is not None and name != ".":
                member = _member(node.part, name)
                if member is None and len(missing) < MOST_MISSING:
                    missing.append(_Missing(node.path, name, node.part))
            if inner:
                message = _inside(node.message, name)
                waiting.append(_Node(inner, message, member, (*node.path, name)))


@lru_cache(MOST_KEPT)
def _names(message: str, names: tuple[str, ...]) -> tuple[_Fault, ...]:
    """Invalid or unordered names; cached, as thousands of objects share the same sets."""
    known = _members(message)
    found = []
    fields = [name for name in names if name.startswith("f:")]
    for before, after in pairwise(fields):
        if after <= before:
            found.append(_Fault(f"{after!r} stands behind {before!r}", f'"{after}"'))
    for name in names:
        if name != "." and not name.startswith(MARKS):
            what = f"{name!r} names neither a field nor a list member"
            found.append(_Fault(what, f'"{name}"'))
        elif known is not None and name.startswith("f:"):
            meant = known.near(name[2:])
            if meant is not None and not is_other_spelling(name[2:], meant):
                what = f"{name!r} is no field, and one bit makes it 'f:{meant}'"
                found.append(_Fault(what, f'"{name}"', f'"f:{meant}"'))
    return tuple(found)


@cache
def _members(message: str) -> Words | None:
    """The JSON names of a message's fields; None if any name is allowed."""
    if not message or message.startswith(_MAP) or message_facts(message).json_form != "object":
        return None
    return Words(_types(message))


@cache
def _types(message: str) -> dict[str, str]:
    """The messages of a message's fields, by JSON name; those of maps have a prefix."""
    found: dict[str, str] = {}
    for field in message_facts(message).fields:
        if field.rule == "inline":
            found |= _types(field.type)
        else:
            mark = _MAP if field.label == "map" else ""
            found[field.json_name] = mark + (field.type if field.is_message else "")
    return found


def _inside(message: str, name: str) -> str:
    """The message below a name; list members have the message of the list."""
    if not message:
        return ""
    if message.startswith(_MAP):
        return message.removeprefix(_MAP)
    if not name.startswith("f:"):
        return message
    if message_facts(message).json_form != "object":
        return ""
    return _types(message).get(name[2:], "")


def _member(part: Any, name: str) -> Any:
    """The member of an object or list with a name; None if absent."""
    if name.startswith("f:"):
        return part.get(name[2:]) if isinstance(part, dict) else None
    if not name.startswith("k:") or not isinstance(part, list):
        return None
    keys = _keys(name[2:])
    return next((one for one in part[:MOST_MEMBERS] if keys and _has(one, keys)), None)


@lru_cache(MOST_KEPT)
def _keys(text: str) -> dict[str, Any]:
    try:
        keys = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return keys if isinstance(keys, dict) else {}


def _has(one: Any, keys: dict[str, Any]) -> bool:
    return isinstance(one, dict) and all(one.get(name) == key for name, key in keys.items())


def _namesake(part: Any, name: str) -> str | None:
    """The existing member's name one bit away from a dangling name."""
    if name.startswith("f:") and isinstance(part, dict):
        if name[2:] in part:
            return None  # its value is null
        names = [f"f:{one}" for one in part if len(one) == len(name) - 2]
    elif name.startswith("k:") and isinstance(part, list):
        keys = _keys(name[2:])
        names = [f"k:{_text(one, keys)}" for one in part[:MOST_MEMBERS]]
    else:
        return None
    text = name.encode(errors="replace")
    near = (one for one in names if bits_apart(one.encode(errors="replace"), text) == 1)
    return next(near, None)


def _text(one: Any, names: Iterable[str]) -> str:
    """The keys of a list member as ``fieldsV1`` writes them."""
    keys = {name: one.get(name) for name in names} if isinstance(one, dict) else {}
    return json.dumps(keys, separators=(",", ":"), ensure_ascii=False)


def _renamed(missing: list[_Missing], entries: list[Any]) -> Iterator[_Fault]:
    """Owned but absent members for which an unowned member exists."""
    for path, name, part in missing:
        other = _namesake(part, name)
        if other is not None and not any(_owns(entry, path, other) for entry in entries):
            what = f"{name!r} is owned but absent, and nobody owns {other!r}"
            yield _Fault(what, _bare(name), _bare(other), is_either=True)


def _bare(name: str) -> str:
    """A name as it occurs in both ``fieldsV1`` and the object: for keys, their only text."""
    if name.startswith("f:"):
        return name[2:]
    texts = [one for one in _keys(name[2:]).values() if isinstance(one, str)]
    return texts[0] if len(texts) == 1 else name


def _owns(entry: Any, path: tuple[str, ...], name: str) -> bool:
    node = entry.get("fieldsV1") if isinstance(entry, dict) else None
    for step in path:
        node = node.get(step) if isinstance(node, dict) else None
    return isinstance(node, dict) and name in node


def _defect(record: Record, fault: _Fault, path: str) -> Defect:
    repairs = candidates(record.value, fault.text, fault.right)
    if fault.is_either:
        repairs += candidates(record.value, fault.right, fault.text)
    place = record.value.find(fault.text.encode(errors="replace"))
    return Defect(
        check="managed fields",
        where="",
        what=fault.what,
        consequence=_CONSEQUENCE,
        severity=Severity.WARNING,
        offset=place if place >= 0 else None,
        path=path,
        repairs=repairs,
    )
