"""The recovery bundle: one file per object, in apply order, and a manifest."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from etcdpod.forensics.recover.apply_ready import apply_ready
from etcdpod.forensics.recover.order import apply_rank
from etcdpod.forensics.recover.recreated import made_by, owners
from etcdpod.records import Trust

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from etcdpod.forensics.recover.find_lost import Lost
    from etcdpod.forensics.recover.verdict import Gap

APPLY, REMADE = "apply", "remade"
"""Directories: objects to apply, and objects that the cluster recreates."""
_LONGEST_NAME = 150
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class BundleEntry:
    """One object of the bundle."""

    lost: Lost
    file: str
    """Path relative to the bundle; empty if not written."""
    object: dict[str, Any] | None
    """The object to write; None if not written."""
    withheld: str
    """Why it is not written; empty if it is."""
    remade: str
    """What recreates the object; empty if nothing does."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Options of a bundle."""

    verbatim: bool = False
    """Write objects as stored, including server-set fields."""
    secrets: bool = False
    """Include Secrets."""
    part_remade: bool = True
    """Put objects that the cluster recreates in a separate directory."""


def entries(
    found: Iterable[Lost], choice: Choice, *, has_volume: Callable[[str], bool]
) -> list[BundleEntry]:
    """Return the bundle's entries in apply order; those that cannot be written come last.

    Args:
        found: the lost objects.
        choice: the options.
        has_volume: whether a PersistentVolume of that name exists in the registry.
    """
    listed = sorted(found, key=lambda lost: (lost.object is None, *_rank(lost), lost.key))
    volumes = {
        _name(lost.object) for lost in listed if lost.object and _kind(lost) == "PersistentVolume"
    }
    made: list[BundleEntry] = []
    width = max(3, len(str(len(listed))))
    for number, lost in enumerate(listed, 1):
        remade = made_by(lost.object) if lost.object is not None else ""
        withheld = _withheld(lost, choice)
        if withheld or lost.object is None:
            made.append(BundleEntry(lost, "", None, withheld, remade))
            continue
        shown = lost.object
        if not choice.verbatim:
            shown = apply_ready(
                shown, has_volume=lambda name: name in volumes or (name != "" and has_volume(name))
            )
        folder = REMADE if remade and choice.part_remade else APPLY
        file = f"{folder}/{number:0{width}}-{_file_name(lost.object)}.yaml"
        made.append(BundleEntry(lost, file, shown, "", remade))
    return made


def manifest(
    made: Iterable[BundleEntry],
    source: Mapping[str, Any],
    *,
    verbatim: bool,
    time_of: Callable[[int], str] = lambda revision: "",
) -> dict[str, Any]:
    """The manifest as JSON.

    Args:
        made: the entries.
        source: the source, as named by ``info``.
        verbatim: whether the objects are written as stored.
        time_of: the time of a revision as text; empty if unknown.
    """
    return {
        "source": dict(source),
        "objectsAre": "as they were stored" if verbatim else "without what servers had set",
        "trust": {trust.value: trust.meaning for trust in Trust},
        "objects": [_row(entry, time_of) for entry in made],
    }


def _row(entry: BundleEntry, time_of: Callable[[int], str]) -> dict[str, Any]:
    lost, record, verdict = entry.lost, entry.lost.record, entry.lost.verdict
    return {
        "kind": _kind(lost) or lost.names.resource,
        "apiVersion": str((lost.object or {}).get("apiVersion", "")),
        "namespace": lost.names.namespace,
        "name": lost.names.name,
        "key": lost.key.decode(errors="backslashreplace"),
        "file": entry.file or None,
        "withheld": entry.withheld or None,
        "fate": lost.fate,
        "deletedAt": verdict.end,
        "deletedAtTime": "" if verdict.end is None else time_of(verdict.end),
        "revision": None if record is None else str(record.revision),
        "trust": None if record is None else record.provenance.trust.value,
        "readFrom": None if record is None else str(record.provenance),
        "verdict": verdict.completeness.value,
        "revisionsKept": verdict.kept,
        "revisionsMissing": verdict.missing,
        "gaps": [_gap(gap) for gap in verdict.gaps],
        "madeAgain": entry.remade or None,
        "owners": owners(lost.object or {}),
        "notes": list(lost.notes),
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "after": gap.after,
        "before": gap.before,
        "count": gap.count,
        "revisions": list(gap.candidates),
        "exact": gap.is_exact,
        "what": str(gap),
    }


def _withheld(lost: Lost, choice: Choice) -> str:
    if lost.object is None:
        return lost.notes[0] if lost.notes else "no value of it is left, only its deletion"
    is_secret = _kind(lost) == "Secret" and lost.object.get("apiVersion") == "v1"
    return "a Secret: --show-secrets writes it" if is_secret and not choice.secrets else ""


def _rank(lost: Lost) -> tuple[int, str, str, str]:
    return (0, "", "", "") if lost.object is None else apply_rank(lost.object)


def _kind(lost: Lost) -> str:
    return str((lost.object or {}).get("kind", ""))


def _name(value: dict[str, Any] | None) -> str:
    metadata = (value or {}).get("metadata")
    return str(metadata.get("name", "")) if isinstance(metadata, dict) else ""


def _file_name(value: dict[str, Any]) -> str:
    """A portable file name from kind, namespace and name."""
    metadata = value.get("metadata")
    names = metadata if isinstance(metadata, dict) else {}
    parts = (value.get("kind", ""), names.get("namespace", ""), names.get("name", ""))
    text = "-".join(_UNSAFE.sub("_", str(part)) for part in parts if part)
    return text.lower().strip(".")[:_LONGEST_NAME] or "object"
