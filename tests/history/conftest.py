"""The recorded incident as records: what etcd must have held for the watch to send what it sent."""

from __future__ import annotations

import json
import tarfile
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from paths import SHOP

from etcdpod.records import Provenance, Record, Revision

if TYPE_CHECKING:
    from collections.abc import Callable

WATCH = SHOP / "watch.jsonl"

PLACE = Provenance("watch")


@dataclass(frozen=True)
class Recorded:
    """One key of the incident."""

    events: list[tuple[str, dict[str, Any]]]
    records: list[Record]
    objects: dict[Revision, dict[str, Any]]

    def decode(self, record: Record) -> dict[str, Any]:
        """What the decoder makes of a record."""
        return self.objects[record.revision]


@pytest.fixture(scope="session")
def targets(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[str, ...]]:
    """What to open for a name: a demo, ``mid-datadir`` or ``end-datadir``, several joined by +."""
    unpacked: dict[str, str] = {}

    def target(name: str) -> str:
        if not name.endswith("-datadir"):
            return name
        archive = WATCH.with_name(f"{name}.tar.xz")
        if not archive.exists():
            pytest.skip("the recorded incident is not in this checkout (../shared is absent)")
        if name not in unpacked:
            folder = tmp_path_factory.mktemp(name)
            with tarfile.open(archive) as packed:
                packed.extractall(folder, filter="data")
            unpacked[name] = str(folder)
        return unpacked[name]

    return lambda names: tuple(target(name) for name in names.split("+"))


@pytest.fixture(scope="session")
def shop() -> dict[str, Recorded]:
    """Every key of the recorded incident, such as ``pods/shop/db-0``.

    The watch says neither create revision nor version; both follow from its events, except for
    objects that were there before it began, which get version 2 and create revision 2.
    """
    if not WATCH.exists():
        pytest.skip("the recorded incident is not in this checkout (../shared is absent)")
    keys: dict[str, Recorded] = defaultdict(lambda: Recorded([], [], {}))
    with WATCH.open(encoding="utf-8") as lines:
        for line in lines:
            event = json.loads(line)
            metadata = event["object"]["metadata"]
            parts = (event["path"].split("/")[-1], metadata.get("namespace"), metadata["name"])
            name = "/".join(part for part in parts if part)
            recorded = keys[name]
            record = _record(name, event["type"], metadata, recorded.records)
            recorded.events.append((event["type"], event["object"]))
            recorded.records.append(record)
            recorded.objects[record.revision] = event["object"]
    return dict(keys)


def _record(name: str, kind: str, metadata: dict[str, Any], before: list[Record]) -> Record:
    revision = int(metadata["resourceVersion"])
    create, version = {
        "ADDED": (revision, 1),
        "INITIAL": (2, 2),
        "DELETED": (0, 0),
    }.get(kind, (0, 0))
    if kind == "MODIFIED":
        create, version = before[-1].create_revision, before[-1].version + 1
    return Record(
        key=f"/registry/{name}".encode(),
        revision=Revision(revision),
        tombstone=kind == "DELETED",
        create_revision=create,
        version=version,
        lease=0,
        value=b"",
        value_size=0,
        provenance=PLACE,
    )
