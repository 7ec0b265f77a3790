"""How far evidence may reach: ``--only-vouched``, ``--wal-dir``; and several sources at once."""

from __future__ import annotations

import base64
import json
import tarfile
from typing import TYPE_CHECKING

import pytest
from paths import SHOP

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="module")
def datadir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not SHOP.exists():
        pytest.skip("the recorded fixtures are not beside this checkout")
    folder = tmp_path_factory.mktemp("end-datadir")
    with tarfile.open(SHOP / "end-datadir.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return folder


def steps(cli: Callable, *words: str) -> list[dict]:
    ran = cli("history", "shop/db-0", "-o", "jsonl", *words)
    assert ran.code == 0, ran.err
    return [json.loads(line) for line in ran.out.splitlines()]


def test_the_log_fills_what_compaction_took_unless_only_the_tree_counts(
    datadir: Path, cli: Callable
) -> None:
    whole = steps(cli, "--from", str(datadir))
    vouched = steps(cli, "--only-vouched", "--from", str(datadir))
    assert len(whole) == 13
    assert 0 < len(vouched) < len(whole)
    assert [step["revision"] for step in vouched] == [
        step["revision"] for step in whole if "tree" in step["source"]
    ]


def test_a_log_that_lies_elsewhere(datadir: Path, tmp_path: Path, cli: Callable) -> None:
    moved = tmp_path / "member"
    (moved / "snap").mkdir(parents=True)
    (moved / "snap" / "db").symlink_to(datadir / "member" / "snap" / "db")
    wal = tmp_path / "elsewhere"
    wal.symlink_to(datadir / "member" / "wal")
    alone = steps(cli, "--from", str(tmp_path))
    both = steps(cli, "--from", str(tmp_path), "--wal-dir", str(wal))
    assert len(alone) < len(both) == 13


def test_recovery_from_two_snapshots_is_whole_where_neither_is(cli: Callable) -> None:
    def verdicts(*sources: str) -> dict[str, str]:
        words = [word for source in sources for word in ("--from", source)]
        ran = cli("recover", "pods", "--only-vouched", "-o", "json", *words)
        return {row["name"]: row["verdict"] for row in json.loads(ran.out)["objects"]}

    early, late, both = verdicts("demo"), verdicts("demo-end"), verdicts("demo", "demo-end")
    assert set(early) | set(late) == set(both)
    assert set(both.values()) == {"complete"}
    assert set(late.values()) != {"complete"}
    assert len(both) == 9


@pytest.mark.parametrize(
    "words",
    [
        ("diff", "--members"),
        ("diff", "--members", "-o", "jsonl"),
        ("verify",),
        ("recover", "-o", "json"),
        ("info", "--encryption", "-o", "json"),
    ],
    ids=" ".join,
)
def test_secrets_stay_masked(
    words: tuple[str, ...], etcd_server: Callable, tmp_path: Path, cli: Callable
) -> None:
    key = "/registry/secrets/shop/db"
    value = cli("get", "secret", "shop/db", "-o", "raw", "--show-secrets", "--from", "demo").raw
    shown = json.loads(
        cli("get", "secret", "shop/db", "-o", "json", "--show-secrets", "--from", "demo").out
    )
    plain = [base64.b64decode(text) for text in shown["data"].values()]
    other = value.replace(plain[0], plain[0][::-1])
    assert other != value
    sources = []
    for number, stored in enumerate((value, other)):
        server = etcd_server(name=f"member{number}")
        server.etcdctl("put", key, stdin=stored)
        server.etcdctl("put", "/registry/secrets/shop/gone", stdin=stored)
        server.etcdctl("del", "/registry/secrets/shop/gone")
        sources += ["--from", str(server.snapshot(tmp_path / f"{number}.db"))]
        server.stop()
    ran = cli(*words, *(sources if words[0] in ("diff", "verify") else sources[:2]))
    for secret in (*plain, plain[0][::-1], *map(base64.b64encode, plain)):
        assert secret.decode() not in ran.out + ran.err
    assert ran.out
