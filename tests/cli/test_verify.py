"""``verify``: silent on every sound file, and exact about every broken one."""

from __future__ import annotations

import json
import shutil
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from paths import FIXTURES

from etcdpod.demo import demo_path
from etcdpod.session import Session, SourceOptions

if TYPE_CHECKING:
    from collections.abc import Callable

SOUND = (
    *("shop/mid.db", "shop/end.db", "shop/quiet.db", "shop/mid-datadir.tar.xz"),
    *("shop/end-datadir.tar.xz", "kubectl-output/registry.db", "encrypted/encrypted.db"),
)


def defects(cli: Callable, source: Path | str) -> list[dict]:
    ran = cli("verify", "-o", "jsonl", "--from", str(source))
    found = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == (4 if found else 0)
    return found


@pytest.mark.parametrize("name", SOUND)
def test_no_false_alarm_on_sound_files(name: str, shared: Callable, cli: Callable) -> None:
    ran = cli("verify", "--notes", "--from", str(shared(f"fixtures/{name}")))
    assert (ran.code, ran.out) == (0, "")
    assert ": no defect\n  checked: " in ran.err
    assert ("not checked: log: no write-ahead log" in ran.err) == name.endswith(".db")
    assert ("not checked: trailer" in ran.err) == name.endswith(".tar.xz")
    assert ("encrypted: --encryption-config opens them" in ran.err) == ("encrypted" in name)


def test_no_false_alarm_on_decrypted_values(shared: Callable, cli: Callable) -> None:
    config = str(shared("fixtures/encrypted/encryption-config.yaml"))
    source = str(shared("fixtures/encrypted/encrypted.db"))
    ran = cli("verify", "--notes", "--encryption-config", config, "--from", source)
    assert (ran.code, ran.out) == (0, "")


def test_no_false_alarm_on_a_live_etcd(etcd_server: Callable, cli: Callable) -> None:
    pod = cli("get", "pod", "shop/db-0", "-o", "raw", "--from", "demo").raw
    server = etcd_server()
    server.etcdctl("put", "/registry/pods/shop/db-0", stdin=pod)
    sound = cli("verify", "--endpoints", server.endpoint)
    assert (sound.code, sound.out) == (0, "")
    assert "  checked: revisions, values\n" in sound.err
    assert "not checked: structure: a running etcd shows no pages" in sound.err
    assert "not checked: members: a single one answers" in sound.err
    server.etcdctl("put", "/registry/pods/shop/db-1", stdin=pod)
    ran = cli("verify", "--endpoints", server.endpoint)
    assert ran.code == 4
    assert "it is called 'db-0', and its key says 'db-1'" in ran.out


def test_each_source_is_verified(tmp_path: Path, cli: Callable) -> None:
    broken = tmp_path / "broken.db"
    content = bytearray(Path(demo_path("demo")).read_bytes())
    content[-1] ^= 1
    broken.write_bytes(content)
    ran = cli("verify", "--from", "demo", "--from", str(broken))
    assert ran.code == 4
    assert "demo: no defect" in ran.err
    assert "broken.db: 1 defect\n" in ran.err
    assert "restore` refuses it" in ran.out


@pytest.fixture
def registry_of(etcd_server: Callable, tmp_path: Path) -> Callable[..., Path]:
    """A snapshot of a real etcd into which values were put."""

    def make(*values: tuple[str, bytes]) -> Path:
        server = etcd_server()
        for key, value in values:
            server.etcdctl("put", key, stdin=value)
        return server.snapshot(tmp_path / "made.db")

    return make


@pytest.fixture
def pod(cli: Callable) -> bytes:
    return cli("get", "pod", "shop/db-0", "-o", "raw", "--from", "demo").raw


def test_undecodable_values_have_their_byte_and_field(
    registry_of: Callable, pod: bytes, cli: Callable
) -> None:
    (found,) = defects(cli, registry_of(("/registry/pods/shop/db-0", pod[:-40])))
    assert (found["check"], found["severity"]) == ("undecodable", "loss")
    assert (found["key"], found["revision"]) == ("/registry/pods/shop/db-0", "2")
    assert "every list of pods fails" in found["consequence"]
    assert found["offset"] is not None
    assert found["page"] is not None or "tree" in found["where"]


@pytest.mark.parametrize(
    ("key", "field", "what"),
    [
        ("/registry/pods/shop/db-1", "metadata.name", "called 'db-0', and its key says 'db-1'"),
        ("/registry/pods/ship/db-0", "metadata.namespace", "called 'shop', and its key says"),
        ("/registry/configmaps/shop/db-0", "kind", "a Pod of v1, and its key is not that"),
    ],
)
def test_objects_under_another_key(
    key: str, field: str, what: str, registry_of: Callable, pod: bytes, cli: Callable
) -> None:
    (found,) = defects(cli, registry_of((key, pod)))
    assert (found["check"], found["field"], found["key"]) == ("identity", field, key)
    assert what in found["what"]


def test_values_that_do_not_write_themselves_back(
    registry_of: Callable, pod: bytes, cli: Callable
) -> None:
    """A field written twice is read well, and was not written by an API server."""
    tail = b"\x1a\x00\x22\x00"
    assert pod.endswith(tail)
    twice = pod[: -len(tail)] + tail[:2] + tail
    (found,) = defects(cli, registry_of(("/registry/pods/shop/db-0", twice)))
    assert found["check"] == "not lossless"


@pytest.fixture(scope="module")
def datadir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not FIXTURES.exists():
        pytest.skip("the recorded fixtures are not beside this checkout")
    folder = tmp_path_factory.mktemp("end-datadir")
    with tarfile.open(FIXTURES / "shop/end-datadir.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    (segment,) = (folder / "member" / "wal").glob("*-*.wal")
    segment.write_bytes(segment.read_bytes().rstrip(b"\0") + bytes(4096))
    return folder


def copy(datadir: Path, tmp_path: Path) -> tuple[Path, Path, Path]:
    folder = tmp_path / "copy"
    shutil.copytree(datadir, folder)
    (segment,) = (folder / "member" / "wal").glob("*-*.wal")
    return folder, folder / "member" / "snap" / "db", segment


def flip(path: Path, offset: int, bit: int) -> None:
    content = bytearray(path.read_bytes())
    content[offset] ^= 1 << bit
    path.write_bytes(content)


@pytest.mark.parametrize("seed", range(4))
def test_a_bit_of_the_log_is_found_by_its_checksum(
    seed: int, datadir: Path, tmp_path: Path, cli: Callable
) -> None:
    folder, _, segment = copy(datadir, tmp_path)
    data = segment.read_bytes()
    place = data.find(b"db-0", 200_000 * (seed + 1)) + seed
    flip(segment, place, seed)
    found = defects(cli, folder)
    (repair,) = [one for defect in found for one in defect["repairs"]]
    assert (repair["offset"], repair["bit"], repair["after"]) == (place, seed, data[place])
    assert {defect["check"] for defect in found} == {"log"}
    assert "refuses to start" in found[0]["consequence"]


@pytest.mark.parametrize("seed", range(4))
def test_a_bit_of_a_value_is_found_by_the_log(
    seed: int, datadir: Path, tmp_path: Path, cli: Callable
) -> None:
    """Not by decoding: the text stays text, only another one."""
    folder, database, _ = copy(datadir, tmp_path)
    with Session.open(SourceOptions(targets=(str(folder),))) as session:
        rows = session.connector.store.index.rows
        data = database.read_bytes()
        start = int(rows.value_offset[200 * (seed + 1)])
    place = data.find(b"example/shop", start) if seed % 2 else start + 40
    flip(database, place, 0)
    (defect,) = defects(cli, folder)
    assert (defect["check"], defect["offset"]) == ("agreement", place)
    assert (defect["repairs"][0]["offset"], defect["repairs"][0]["proven"]) == (place, True)
    assert "1 byte differs" in defect["what"]


def test_a_missing_segment_and_a_torn_tail(datadir: Path, tmp_path: Path, cli: Callable) -> None:
    folder, _, segment = copy(datadir, tmp_path)
    segment.rename(segment.with_name("0000000000000002-0000000000000f00.wal"))
    shutil.copy(segment.with_name("0000000000000002-0000000000000f00.wal"), segment)
    assert any("segments before this one" in one["what"] for one in defects(cli, folder))


def test_evidence_is_not_touched(datadir: Path, cli: Callable) -> None:
    def state() -> dict[Path, tuple[int, int, bytes]]:
        files = [path for path in datadir.rglob("*") if path.is_file()]
        return {p: (p.stat().st_mtime_ns, p.stat().st_size, p.read_bytes()) for p in files}

    before = state()
    assert cli("verify", "--from", str(datadir)).code == 0
    assert state() == before


def test_encrypted_values_that_no_longer_open_are_defects(
    shared: Callable, tmp_path: Path, cli: Callable
) -> None:
    """A bit of what was sealed with a tag is found by the tag, once the key is there."""
    config = str(shared("fixtures/encrypted/encryption-config.yaml"))
    content = bytearray(shared("fixtures/encrypted/encrypted.db").read_bytes())
    place = content.find(b"k8s:enc:secretbox:v1:key-s:") + 60
    content[place] ^= 4
    broken = tmp_path / "broken.db"
    broken.write_bytes(content[:-32])
    assert defects(cli, broken) == []
    ran = cli("verify", "-o", "jsonl", "--encryption-config", config, "--from", str(broken))
    (found,) = [json.loads(line) for line in ran.out.splitlines()]
    assert (ran.code, found["check"]) == (4, "sealed")
    assert found["key"].startswith("/registry/secrets/vaulted/s")
    (repair,) = found["repairs"]
    assert (repair["offset"], repair["bit"]) == (place, 2)
