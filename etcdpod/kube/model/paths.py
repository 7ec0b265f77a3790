"""Field paths as users write them: ``status.containerStatuses[web].state``, and their evaluation.

A path is a tuple of parts. A plain ``str`` is a key of a JSON object, a ``Member`` names a member
of a list by its merge key, an ``int`` is a position in a list without one. In text form, keys are
joined by dots; a key that needs quoting is written in brackets and quotes, as in
``metadata.labels["app.kubernetes.io/name"]``; members and positions are written in brackets.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from etcdpod.errors import UsageError
from etcdpod.kube.model.merge_keys import ListMember, member_names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from etcdpod.changes import Change, Operation

Part = str | int
"""An object key, a ``Member``, or a position."""

_PLAIN_KEY: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]*")
_PLAIN_MEMBER: Final = re.compile(r"[A-Za-z0-9_./:=@+-]+")
_POSITION: Final = re.compile(r"\d+")
_TOKEN: Final = re.compile(
    r"""\.?(?P<key>[^.\[\]"']+)
      | \.?\[(?P<double>"(?:[^"\\]|\\.)*")\]
      | \.?\[(?P<single>'[^']*')\]
      | \.?\[(?P<bare>[^\[\]"']+)\]""",
    re.VERBOSE,
)


def format_path(parts: Iterable[Part]) -> str:
    """The text of a path; empty for the object itself."""
    text: list[str] = []
    for part in parts:
        if isinstance(part, int):
            text.append(f"[{part}]")
        elif isinstance(part, ListMember):
            plain = _PLAIN_MEMBER.fullmatch(part) and not _POSITION.fullmatch(part)
            text.append(f"[{part}]" if plain else f"[{json.dumps(part, ensure_ascii=False)}]")
        elif _PLAIN_KEY.fullmatch(part):
            text.append(f".{part}" if text else part)
        else:
            text.append(f"[{json.dumps(part, ensure_ascii=False)}]")
    return "".join(text)


def parse_path(text: str) -> tuple[str, ...]:
    """The parts of a path as typed by the user, each as plain text.

    A leading dot and kubectl's ``{.a.b}`` are accepted. Whether a bracketed part is a key, a member
    or a position depends on the object: see ``value_at``.

    UsageError: the text is not a path.
        UsageError: the text is not a path.
    """
    body = text.strip()
    if body.startswith("{") and body.endswith("}"):
        body = body[1:-1]
    body = body.removeprefix("$")
    parts: list[str] = []
    position = 0
    while position < len(body):
        match = _TOKEN.match(body, position)
        if match is None:
            raise UsageError(
                f"{text!r} is not a field path",
                next_step='write it as status.containerStatuses[web].state or labels["a/b"]',
            )
        if match["double"] is not None:
            parts.append(_unquote(match["double"], text))
        elif match["single"] is not None:
            parts.append(match["single"][1:-1])
        else:
            parts.append(match["key"] if match["key"] is not None else match["bare"])
        position = match.end()
    return tuple(parts)


def _unquote(quoted: str, text: str) -> str:
    try:
        return str(json.loads(quoted))
    except json.JSONDecodeError as error:
        raise UsageError(f"{quoted} in the path {text!r} is not a quoted name") from error


def value_at(value: Any, parts: Iterable[str], *, field: str = "") -> tuple[bool, Any]:
    """Follow a path into an object.

    Args:
        value: where to start.
        parts: the result of ``parse_path``.
        field: the name of the field that contains ``value``, if it is a list.

    Returns:
        Whether the path exists, and its value (which may be None).
    """
    for part in parts:
        if isinstance(value, dict):
            if part not in value:
                return False, None
            value, field = value[part], part
        elif isinstance(value, list):
            found = _list_member(field, value, part)
            if found is None:
                return False, None
            value = value[found]
        else:
            return False, None
    return True, value


def _list_member(field: str, elements: list[Any], part: str) -> int | None:
    names = member_names(field, elements)
    if names is not None and part in names:
        return names.index(part)
    if _POSITION.fullmatch(part) and len(part) <= 9 and int(part) < len(elements):
        return int(part)
    return None


def touches(path: str, field: str) -> bool:
    """Whether a change at ``path`` lies at or below ``field``, or may contain it.

    A change above the field counts: creating or deleting an object is one change at its root.

    Raises:
        UsageError: ``field`` is not a path.
    """
    changed, wanted = parse_path(path), parse_path(field)
    shorter = min(len(changed), len(wanted))
    return changed[:shorter] == wanted[:shorter]


def narrowed(change: Change, field: str) -> Change | None:
    """The part of a change that concerns ``field``; None if there is none.

    A change above the field is reduced to it: if ``status`` was added, so was ``status.phase``,
    but ``status.reason`` only if the new status has one.

    Raises:
        UsageError: ``field`` is not a path.
    """
    changed, wanted = parse_path(change.path), parse_path(field)
    if changed[: len(wanted)] == wanted:
        return change
    if wanted[: len(changed)] != changed:
        return None
    above, rest = (changed[-1] if changed else ""), wanted[len(changed) :]
    was, before = (
        (False, None) if change.op == "add" else value_at(change.before, rest, field=above)
    )
    is_, after = (
        (False, None) if change.op == "remove" else value_at(change.after, rest, field=above)
    )
    if was == is_ and before == after:
        return None
    operation: Operation = "replace" if was and is_ else "add" if is_ else "remove"
    return replace(change, path=field, op=operation, before=before, after=after)
