"""``recover`` against the recorded incident: what was deleted comes back, and nothing else."""

from __future__ import annotations

import json
import tarfile
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from paths import SHOP

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Events = list[dict[str, Any]]


@pytest.fixture(scope="module")
def deleted() -> dict[tuple[str, str], Events]:
    """Every object that a watch saw deleted, with all its events."""
    if not SHOP.exists():
        pytest.skip("the recorded fixtures are not beside this checkout")
    lives: dict[tuple[str, str], Events] = defaultdict(list)
    for line in (SHOP / "watch.jsonl").read_text().splitlines():
        event = json.loads(line)
        metadata = event["object"]["metadata"]
        name = "/".join(filter(None, (metadata.get("namespace"), metadata["name"])))
        lives[event["object"]["kind"], name].append(event)
    return {what: events for what, events in lives.items() if events[-1]["type"] == "DELETED"}


@pytest.fixture(scope="module")
def datadir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not SHOP.exists():
        pytest.skip("the recorded fixtures are not beside this checkout")
    folder = tmp_path_factory.mktemp("end-datadir")
    with tarfile.open(SHOP / "end-datadir.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return folder


def recovered(folder: Path) -> dict[tuple[str, str], tuple[dict[str, Any], dict[str, Any]]]:
    """The rows of a manifest and the objects in the files, by kind and name."""
    manifest = json.loads((folder / "manifest.json").read_text())
    found = {}
    for row in manifest["objects"]:
        name = "/".join(filter(None, (row["namespace"], row["name"])))
        shown = yaml.safe_load((folder / row["file"]).read_text()) if row["file"] else None
        found[row["kind"], name] = (row, shown)
    return found


def test_everything_that_a_watch_saw_deleted_comes_back_as_it_was(
    deleted: dict, datadir: Path, tmp_path: Path, cli: Callable
) -> None:
    out = tmp_path / "out"
    # As a watch shows them: the API server adds its defaults.
    words = ("recover", "--verbatim", "--as-served", "--out", str(out))
    ran = cli(*words, "--from", str(datadir))
    assert ran.code == 0
    found = recovered(out)
    assert set(deleted) <= set(found)
    compared = 0
    for what, events in deleted.items():
        row, shown = found[what]
        last = next(e["object"] for e in reversed(events) if e["type"] != "DELETED")
        assert row["deletedAt"] == int(events[-1]["object"]["metadata"]["resourceVersion"])
        assert row["verdict"] == "complete"
        assert row["revisionsMissing"] == 0
        assert shown == last
        compared += 1
    assert compared == 28
    # What the watch did not cover may have been deleted too, but nothing that it saw alive.
    assert {what for what in found if what not in deleted} == {("ServiceAccount", "jobs/default")}


def test_two_snapshots_give_back_what_one_alone_does_not(
    deleted: dict, tmp_path: Path, cli: Callable
) -> None:
    """The end alone lacks the last state of one pod; nothing comes back that was not deleted."""
    equal = {}
    for sources in (("end.db",), ("mid.db", "end.db")):
        out = tmp_path / sources[0]
        words = [word for name in sources for word in ("--from", str(SHOP / name))]
        assert cli("recover", "--verbatim", "--as-served", "--out", str(out), *words).code == 0
        found = recovered(out)
        assert {what for what in found if what[0] != "ServiceAccount"} == set(deleted)
        equal[sources] = sum(
            found[what][1] == next(e["object"] for e in reversed(events) if e["type"] != "DELETED")
            for what, events in deleted.items()
        )
    assert list(equal.values()) == [27, 28]


def test_the_snapshot_alone_has_gaps_and_says_which(deleted: dict, cli: Callable) -> None:
    ran = cli("recover", "--only-vouched", "-o", "json", "--from", str(SHOP / "end.db"))
    rows = {(row["kind"], row["name"]): row for row in json.loads(ran.out)["objects"]}
    compact = 908
    compared = 0
    for (kind, name), events in deleted.items():
        puts = [
            int(event["object"]["metadata"]["resourceVersion"])
            for event in events
            if event["type"] in ("ADDED", "MODIFIED")
        ]
        end = int(events[-1]["object"]["metadata"]["resourceVersion"])
        if events[0]["type"] != "ADDED" or end <= compact:
            continue
        row = rows[kind, name.rpartition("/")[2]]
        kept = [put for put in puts if put > compact] or []
        below = [put for put in puts if put <= compact]
        kept += below[-1:]
        missing = set(puts) - set(kept)
        assert row["revisionsMissing"] == len(missing), row
        assert (row["verdict"] == "complete") == (not missing)
        for gap in row["gaps"]:
            assert sum(gap["after"] < put < gap["before"] for put in missing) == gap["count"]
            if gap["revisions"]:
                assert missing & set(range(gap["after"] + 1, gap["before"])) <= set(
                    gap["revisions"]
                )
        compared += 1
    assert compared >= 20


def test_applied_configurations_survive_and_server_fields_do_not(
    datadir: Path, tmp_path: Path, cli: Callable
) -> None:
    out = tmp_path / "out"
    cli("recover", "--out", str(out), "--from", str(datadir))
    applied = 0
    for row, shown in recovered(out).values():
        metadata = shown["metadata"]
        gone = {"uid", "resourceVersion", "creationTimestamp", "managedFields", "generation"}
        assert not gone & set(metadata), row
        assert not {"ownerReferences", "deletionTimestamp", "selfLink"} & set(metadata), row
        assert "status" not in shown
        if row["kind"] == "Pod":
            assert "nodeName" not in shown["spec"]
            assert "kube-api-access" not in json.dumps(shown)
        note = "kubectl.kubernetes.io/last-applied-configuration"
        text = metadata.get("annotations", {}).get(note)
        if text is not None:
            wanted = json.loads(text)
            wanted["metadata"].pop("annotations")
            assert contains(shown, wanted), row
            applied += 1
    assert applied >= 4


def contains(shown: Any, wanted: Any) -> bool:
    """Whether all that was applied is still there."""
    if isinstance(wanted, dict):
        return isinstance(shown, dict) and all(
            name in shown and contains(shown[name], part) for name, part in wanted.items()
        )
    if isinstance(wanted, list):
        return len(shown) == len(wanted) and all(map(contains, shown, wanted))
    return shown == wanted


def test_files_come_in_the_order_of_applying(datadir: Path, tmp_path: Path, cli: Callable) -> None:
    out = tmp_path / "out"
    cli("recover", "--out", str(out), "--from", str(datadir))
    files = sorted(path.name for path in (out / "apply").iterdir())
    kinds = [name.split("-")[1] for name in files]
    assert kinds == sorted(kinds, key=["namespace", "configmap", "job", "pod"].index)
    # Pods of a deployment and events are made again by the cluster: they stand apart.
    remade = {path.name.split("-")[1] for path in (out / "remade").iterdir()}
    assert {"event", "pod", "serviceaccount"} <= remade
    assert not list((out / "apply").glob("*event*"))
    # What is not below apply must not be taken for an object by `kubectl apply -f DIR/apply`.
    assert {path.name for path in out.iterdir()} == {
        *("apply", "remade", "manifest.json", "manifest.txt"),
    }


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("pods", "-n", "jobs"), {"migrate-9dfqh", "nightly-2sjqq", "nightly-98977"}),
        (("pod", "shop/held"), {"held"}),
        (("shop/held",), {"held"}),
        (("namespaces",), {"jobs"}),
        (("jobs", "-n", "jobs"), {"migrate", "nightly"}),
        (("-n", "jobs", "--since", "1366"), {"migrate", "nightly", "openshift-service-ca.crt"}),
    ],
)
def test_what_is_named_is_recovered(words: tuple, names: set, datadir: Path, cli: Callable) -> None:
    ran = cli("recover", *words, "-o", "json", "--from", str(datadir))
    assert ran.code == 0
    assert {row["name"] for row in json.loads(ran.out)["objects"]} == names


def test_what_was_named_goes_to_apply(tmp_path: Path, datadir: Path, cli: Callable) -> None:
    out = tmp_path / "out"
    assert cli("recover", "shop/db-1", "--out", str(out), "--from", str(datadir)).code == 0
    assert [path.name for path in (out / "apply").iterdir()] == ["001-pod-shop-db-1.yaml"]


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (("shop/db-0",), 1, "neither deleted nor damaged"),
        (("shop/never",), 1, "no revision of pods shop/never is left"),
        (("pods", "-n", "kube-system"), 1, "nothing was deleted or lost"),
        (("gadgets",), 2, "no resource type"),
    ],
)
def test_what_cannot_be_recovered_is_said(
    words: tuple, code: int, reason: str, cli: Callable
) -> None:
    ran = cli("recover", *words, "--from", "demo-end")
    assert ran.code == code
    assert reason in ran.err


def test_nothing_is_ever_overwritten(tmp_path: Path, cli: Callable) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine").write_text("precious")
    ran = cli("recover", "--out", str(out), "--from", "demo-end")
    assert ran.code == 2
    assert "not empty" in ran.err
    assert [path.name for path in out.iterdir()] == ["mine"]


def test_nothing_is_written_into_evidence(datadir: Path, cli: Callable) -> None:
    before = sorted(datadir.rglob("*"))
    ran = cli("recover", "--out", str(datadir / "member" / "out"), "--from", str(datadir))
    assert ran.code == 2
    assert "lies in the source" in ran.err
    assert sorted(datadir.rglob("*")) == before


@pytest.fixture
def lost_secret(etcd_server: Callable, tmp_path: Path, cli: Callable) -> Path:
    """A snapshot in which a Secret was deleted."""
    key = "/registry/secrets/shop/db"
    value = cli("get", "secret", "shop/db", "-o", "raw", "--show-secrets", "--from", "demo").raw
    server = etcd_server()
    server.etcdctl("put", key, stdin=value)
    server.etcdctl("del", key)
    return server.snapshot(tmp_path / "secret.db")


def test_a_secret_is_written_only_when_asked_for(
    lost_secret: Path, tmp_path: Path, cli: Callable
) -> None:
    withheld, shown = tmp_path / "withheld", tmp_path / "shown"
    words = ("recover", "--from", str(lost_secret))
    assert cli(*words, "--out", str(withheld)).code == 0
    (row,) = json.loads((withheld / "manifest.json").read_text())["objects"]
    assert (row["file"], row["verdict"]) == (None, "complete")
    assert "--show-secrets" in row["withheld"]
    assert {path.name for path in withheld.iterdir()} == {"manifest.json", "manifest.txt"}
    assert cli(*words, "--out", str(shown), "--show-secrets").code == 0
    ((row, secret),) = recovered(shown).values()
    assert secret["data"]
    assert (shown / row["file"]).stat().st_mode & 0o777 == 0o600
    for value in secret["data"].values():
        assert not any(value in path.read_text() for path in withheld.iterdir())


def test_a_damaged_object_comes_back_as_it_last_was(
    etcd_server: Callable, tmp_path: Path, cli: Callable
) -> None:
    pod = cli("get", "pod", "shop/db-0", "-o", "raw", "--from", "demo").raw
    server = etcd_server()
    server.etcdctl("put", "/registry/pods/shop/db-0", stdin=pod)
    server.etcdctl("put", "/registry/pods/shop/db-0", stdin=pod[:-400])
    snapshot = server.snapshot(tmp_path / "damaged.db")
    out = tmp_path / "out"
    assert cli("recover", "--out", str(out), "--from", str(snapshot)).code == 0
    ((row, shown),) = recovered(out).values()
    assert (row["fate"], row["revision"]) == ("damaged", "2")
    assert "revision 3 is undecodable" in row["notes"][0]
    assert shown["metadata"]["name"] == "db-0"
