"""The manifest of a recovery as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.kubectl.formats.safe import printable
from etcdpod.kubectl.formats.table import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

COLUMNS = ["KIND", "NAME", "FATE", "REVISION", "TRUST", "VERDICT", "FILE"]


def rows(manifest: Mapping[str, Any]) -> Iterator[str]:
    """One row per object: what happened to it, and what was recovered."""
    cells = [[printable(cell) for cell in _cells(one)] for one in manifest["objects"]]
    yield from table(COLUMNS, cells)


def readable(manifest: Mapping[str, Any]) -> Iterator[str]:
    """The whole manifest as text, object by object."""
    source = manifest["source"]
    yield "What was recovered, from where, and how sure that is\n\n"
    for name, value in source.items():
        yield f"{printable(str(name))}: {printable(str(value))}\n"
    yield f"the objects are {manifest['objectsAre']}\n\n"
    yield "trust:\n"
    for letter, meaning in manifest["trust"].items():
        yield f"  {letter}  {meaning}\n"
    for one in manifest["objects"]:
        yield "\n"
        yield from (f"{printable(line)}\n" for line in _lines(one))


def _cells(one: Mapping[str, Any]) -> list[str]:
    at = f" at {one['deletedAt']}" if one["deletedAt"] is not None else ""
    missing = f" ({one['revisionsMissing']} missing)" if one["revisionsMissing"] else ""
    return [
        one["kind"],
        _name(one),
        one["fate"] + at,
        one["revision"] or "-",
        one["trust"] or "-",
        one["verdict"] + missing,
        one["file"] or f"({one['withheld'] or 'not written'})",
    ]


def _name(one: Mapping[str, Any]) -> str:
    return f"{one['namespace']}/{one['name']}" if one["namespace"] else str(one["name"])


def _lines(one: Mapping[str, Any]) -> Iterator[str]:
    yield f"{one['kind']} {_name(one)}"
    yield f"  {_fate(one)}"
    if one["revision"] is not None:
        yield f"  as of revision {one['revision']}, trust {one['trust']}, read from"
        yield f"    {one['readFrom']}"
    kept = f"{one['revisionsKept']} revision{'' if one['revisionsKept'] == 1 else 's'} kept"
    yield f"  {one['verdict']}: {kept}, {one['revisionsMissing']} known to be missing"
    for gap in one["gaps"]:
        candidates = gap["revisions"]
        among = (
            f", among {', '.join(map(str, candidates))}" if candidates and not gap["exact"] else ""
        )
        yield f"    {gap['what']}{among}"
    if one["madeAgain"]:
        yield f"  the cluster makes it again: {one['madeAgain']}"
    for note in one["notes"]:
        yield f"  {note}"
    yield f"  file {one['file']}" if one["file"] else f"  withheld: {one['withheld']}"


def _fate(one: Mapping[str, Any]) -> str:
    if one["fate"] == "damaged":
        return "it is there, and its newest value cannot be read"
    if one["deletedAt"] is None:
        return "it is gone, and its deletion is not kept"
    when = f", about {one['deletedAtTime']}" if one["deletedAtTime"] else ""
    return f"deleted at revision {one['deletedAt']}{when}"
