"""A projection read through a schema of its own is the projection read in full."""

from __future__ import annotations

import pytest
from sources import tree_of

from etcdpod.demo import demo_path
from etcdpod.kube.codec import Decoded, Decoder
from etcdpod.kube.codec.protobuf import message as protobuf
from etcdpod.kubectl.tables.printers import PRINTERS

PROJECTIONS = [p.projection for p in PRINTERS if p.projection]
NARROW = [p.narrow for p in PRINTERS if p.narrow]


@pytest.mark.parametrize("demo", ["demo", "demo-end"])
def test_a_slimmed_message_reads_as_the_whole_one(
    demo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tree_of(demo_path(demo))
    records = [record for record in source.records() if not record.tombstone]
    compared = 0
    for projection in PROJECTIONS + NARROW:
        monkeypatch.setattr(protobuf, "WORTH_SLIMMING", 1_000_000)
        plain = [Decoder().decode(r.key, r.value, projection=projection) for r in records[::7]]
        monkeypatch.setattr(protobuf, "WORTH_SLIMMING", 1)
        decoder = Decoder()
        slim = [decoder.decode(r.key, r.value, projection=projection) for r in records[::7]]
        assert slim == plain
        compared += sum(isinstance(found, Decoded) for found in slim)
    assert compared > 1000


def test_revisions_of_one_object_keep_their_own_resource_version() -> None:
    source = tree_of(demo_path("demo"))
    decoder = Decoder()
    projection = {"metadata": {"name": {}}}
    records = [r for r in source.history(b"/registry/pods/shop/orders") if not r.tombstone] * 10
    found = [
        decoder.decode(r.key, r.value, revision=r.mod_revision, projection=projection)
        for r in records
    ]
    versions = [f.object["metadata"]["resourceVersion"] for f in found if isinstance(f, Decoded)]
    assert versions == [str(record.mod_revision) for record in records]
