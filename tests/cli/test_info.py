"""``info`` for people: true of every kind of source, and each thing said once."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from paths import TESTDATA

from etcdpod.demo import demo_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def told(cli: Callable, *words: str) -> dict[str, str]:
    ran = cli("info", *words)
    assert ran.code == 0, ran.err
    lines = [line.partition(": ") for line in ran.out.splitlines() if not line.startswith(" ")]
    names = [name.rstrip(":") for name, _, _ in lines]
    assert len(names) == len(set(names))
    assert "None" not in ran.out
    assert "False" not in ran.out
    assert "['" not in ran.out
    return {name.rstrip(":"): text.strip() for name, _, text in lines}


def test_a_snapshot(cli: Callable) -> None:
    facts = told(cli, "--from", "demo-end")
    assert facts["Kind"] == "snapshot"
    assert facts["SHA-256 trailer"] == "correct"
    assert facts["Compact revision"] == "908"
    assert facts["Auth enabled"] == "no"
    assert told(cli, "--from", "demo")["Compact revision"] == "never compacted"


def test_a_packed_snapshot(tmp_path: Path, cli: Callable) -> None:
    file = tmp_path / "snapshot.db.gz"
    file.write_bytes(gzip.compress(Path(demo_path("demo")).read_bytes()))
    facts = told(cli, "--from", str(file))
    assert facts["Source"] == str(file)
    assert facts["Packed SHA-256"] == hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_data_directory_reaches_further_than_its_database(
    shared: Callable, cli: Callable
) -> None:
    facts = told(cli, "--from", str(shared("fixtures/shop/end-datadir.tar.xz")))
    assert facts["Kind"] == "data directory"
    assert facts["Current revision"] == "1474"
    reach = "908 in the database, but the log reaches back to the first revision"
    assert facts["Compact revision"] == reach


def test_several_sources_reach_further_than_one(cli: Callable) -> None:
    facts = told(cli, "--from", "demo", "--from", "demo-end")
    assert facts["Current revision"] == "1471"
    reach = "908 in one of them, but together they reach back to the first revision"
    assert facts["Compact revision"] == reach


def test_a_live_etcd(etcd_server: Callable, cli: Callable) -> None:
    server = etcd_server()
    for number in range(4):
        server.etcdctl("put", "/registry/pods/shop/x", str(number))
    server.etcdctl("compact", "3")
    facts = told(cli, "--endpoints", server.endpoint)
    assert facts["Kind"] == "live"
    assert facts["Compact revision"] == "3"
    assert facts["Current revision"] == "5"
    assert facts["Members agree"] == "nothing to compare"


BY_DATA = {"buckets", "objects", "byTrust"}
"""Fields whose names come from the data."""


def names(value: object) -> Iterator[str]:
    """Every field name in a JSON value, but those that come from the data."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield name
            yield from () if name in BY_DATA else names(part)
    elif isinstance(value, list):
        for part in value:
            yield from names(part)


@pytest.mark.parametrize("source", ["database", "directory", "packed", "merged", "live"])
def test_field_names_are_in_camel_case_in_every_source(
    source: str, tmp_path: Path, cli: Callable, etcd_server: Callable
) -> None:
    packed = tmp_path / "snapshot.db.gz"
    packed.write_bytes(gzip.compress(Path(demo_path("demo")).read_bytes()))
    words, own = {
        "database": (("--from", "demo-end"), {"freelistStored", "olderTransaction", "peerURLs"}),
        "directory": (("--from", str(TESTDATA / "wal")), {"walSegments", "logComplete"}),
        "packed": (("--from", str(packed)), {"packedSha256", "unpackedFrom"}),
        "merged": (("--from", "demo", "--from", "demo-end"), {"sources", "from", "to"}),
        "live": ((), {"endpointInUse", "memberID", "dbSizeInUse", "compactRevision"}),
    }[source]
    if source == "live":
        words = ("--endpoints", etcd_server().endpoint)
    as_json, as_yaml = (cli("info", "-o", form, *words) for form in ("json", "yaml"))
    assert (as_json.code, as_yaml.code) == (0, 0)
    facts = json.loads(as_json.out)
    found = set(names(facts))
    assert found >= own
    assert [name for name in found if not re.fullmatch(r"[a-z][A-Za-z0-9]*", name)] == []
    assert set(names(yaml.safe_load(as_yaml.out))) == found


def test_a_live_etcd_is_described_in_columns_as_wide_as_their_names(
    cli: Callable, etcd_server: Callable
) -> None:
    ran = cli("info", "--endpoints", etcd_server().endpoint)
    heads = [line for line in ran.out.splitlines() if line[:1].isupper() and ": " in line]
    width = max(len(line.partition(":")[0]) for line in heads) + 2
    values = {len(line) - len(line.partition(":")[2].lstrip()) for line in heads}
    assert values == {width}
