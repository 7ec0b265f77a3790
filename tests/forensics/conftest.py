"""Registries made of objects written down in a test, and the recorded incident."""

from __future__ import annotations

import json
import tarfile
from typing import TYPE_CHECKING, Any

import pytest
from paths import SHOP

from etcdpod.connectors.memory import MemoryConnector
from etcdpod.history.lives import Registry
from etcdpod.kube.codec import Decoder
from etcdpod.kube.model.types import ResourceTypes
from etcdpod.records import Provenance, Record, Revision
from etcdpod.session import Session, SourceOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


TYPES = ResourceTypes()


@pytest.fixture
def registry_of() -> Callable[..., Registry]:
    """A registry of objects, each a revision, in the order given; bytes stand for themselves."""

    def build(*objects: dict[str, Any], raw: dict[str, bytes] | None = None) -> Registry:
        records: list[Record] = []
        lives: dict[str, tuple[int, int]] = {}
        values = [(_key(value), json.dumps(value).encode()) for value in objects]
        values += list((raw or {}).items())
        for revision, (key, data) in enumerate(values, start=10):
            create, version = lives.get(key, (revision, 0))
            lives[key] = create, version + 1
            records.append(
                Record(
                    key=key.encode(),
                    revision=Revision(revision),
                    tombstone=False,
                    create_revision=create,
                    version=version + 1,
                    lease=0,
                    value=data,
                    value_size=len(data),
                    provenance=Provenance("memory"),
                )
            )
        return Registry(MemoryConnector(records), Decoder())  # type: ignore[arg-type]

    return build


def _key(value: dict[str, Any]) -> str:
    metadata = value["metadata"]
    kind = TYPES.of_object(value["apiVersion"], value["kind"])
    assert kind is not None
    parts = ["/registry", kind.key_prefixes[0], metadata.get("namespace"), metadata["name"]]
    return "/".join(part for part in parts if part)


@pytest.fixture(scope="session")
def demo() -> Iterator[Registry]:
    """The recorded incident before its compaction, up to the middle."""
    with Session.open(SourceOptions(targets=("demo",))) as session:
        yield session.registry


@pytest.fixture(scope="session")
def demo_end() -> Iterator[Registry]:
    """The recorded incident at its end, compacted."""
    with Session.open(SourceOptions(targets=("demo-end",))) as session:
        yield session.registry


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """The whole recorded incident, from a data directory with its log."""
    archive = SHOP / "end-datadir.tar.xz"
    if not archive.exists():
        pytest.skip("the recorded incident is not in this checkout (../shared is absent)")
    folder = tmp_path_factory.mktemp("datadir")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    with Session.open(SourceOptions(targets=(str(folder),))) as session:
        yield session.registry
