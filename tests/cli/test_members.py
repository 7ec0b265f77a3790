"""Members of one cluster against each other: who is alone, since when, with what."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from etcdpod.session import Session, SourceOptions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="module")
def members(module_etcd_server: Callable, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three databases of one history, of which the second was edited behind etcd's back.

    A cluster of three would hold the same records in all of them; so one member's data is copied
    twice, and each copy goes on alone with the same writes, and one of them with another.
    """
    tmp_path = tmp_path_factory.mktemp("members")
    with Session.open(SourceOptions(targets=("demo",))) as session:
        pod = session.connector.get(b"/registry/pods/shop/db-0").value
    first = module_etcd_server(name="first")
    for number in range(30):
        first.etcdctl("put", f"/registry/configmaps/shop/c{number % 7}", f"value {number}")
    first.etcdctl("put", "/registry/pods/shop/db-0", stdin=pod)
    first.etcdctl("compact", "12")
    first.stop()
    folders = [first.data_dir]
    for name in ("second", "third"):
        folders.append(tmp_path / name)
        shutil.copytree(first.data_dir, folders[-1])
    edited = pod.replace(b"registry.example/shop/pg:16", b"registry.example/evil/x:166")
    assert edited != pod
    snapshots = []
    for number, folder in enumerate(folders):
        server = module_etcd_server(data_dir=folder)
        server.etcdctl("put", "/registry/pods/shop/db-0", stdin=edited if number == 1 else pod)
        server.etcdctl("put", "/registry/configmaps/shop/c0", "the same everywhere")
        if number == 2:
            server.etcdctl("put", "/registry/configmaps/shop/ahead", "not yet at the others")
        snapshots.append(server.snapshot(tmp_path / f"m{number + 1}.db"))
        server.stop()
    return snapshots


def test_the_edited_member_is_found(members: list[Path], cli: Callable) -> None:
    ran = cli("diff", "--members", *map(str, members))
    assert ran.code == 1
    lines = ran.out.splitlines()
    assert lines[0] == "first disagreement at revision 33"
    assert lines[1] == "revision 33  /registry/pods/shop/db-0"
    assert lines[2] == f"  {members[1]} differs from the other 2"
    assert "registry.example/shop/pg:16" in ran.out
    assert "registry.example/evil/x:166" in ran.out
    assert "comparing revisions 12 to 34" in ran.err
    assert f"{members[2]} has 1 more revisions after that" in ran.err


def test_for_programs(members: list[Path], cli: Callable) -> None:
    ran = cli("diff", "--members", *map(str, members), "-o", "jsonl")
    (found,) = [json.loads(line) for line in ran.out.splitlines()]
    assert (found["revision"], found["key"]) == ("33", "/registry/pods/shop/db-0")
    assert found["minority"] == [str(members[1])]
    assert any(change["after"] == "registry.example/evil/x:166" for change in found["changes"])
    named = cli("diff", "--members", *map(str, members), "-o", "name")
    assert named.out == "33 /registry/pods/shop/db-0\n"


def test_two_members_have_no_majority(members: list[Path], cli: Callable) -> None:
    ran = cli("diff", "--members", *map(str, members[:2]))
    assert ran.code == 1
    assert "no majority" in ran.out


def test_equal_members_agree(members: list[Path], cli: Callable) -> None:
    ran = cli("diff", "--members", str(members[0]), "--from", str(members[2]))
    assert (ran.code, ran.out) == (0, "")
    assert "the members agree" in ran.err


def test_hashes_say_the_same(members: list[Path], cli: Callable) -> None:
    words = [word for member in members for word in ("--from", str(member))]
    found = json.loads(cli("hash", "-o", "json", *words).out)
    hashes = [row["hashKV"] for row in found["hashes"]]
    assert found["agree"] is False
    assert hashes[0] == hashes[2] != hashes[1]


def test_a_snapshot_and_its_later_self_agree(shared: Callable, cli: Callable) -> None:
    """Compaction in between: only what both keep is compared, and all of that is equal."""
    sources = [str(shared(f"fixtures/shop/{name}")) for name in ("mid.db", "end.db")]
    datadir = str(shared("fixtures/shop/end-datadir.tar.xz"))
    ran = cli("diff", "--members", *sources, datadir)
    assert (ran.code, ran.out) == (0, "")
    assert "comparing revisions 908 to 1050, which all 3" in ran.err


def test_what_is_no_cluster_is_refused(members: list[Path], cli: Callable) -> None:
    assert cli("diff", "--members", str(members[0])).code == 2
    late = cli("diff", "--members", str(members[0]), "--from", "demo-end")
    assert late.code == 2
    assert "nothing is in both" in late.err
