"""A key's lives and revisions, against a recorded watch and against every odd way to lose some."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from etcdpod.history.incarnations import incarnations, steps
from etcdpod.records import Encrypted, Provenance, Record, Revision, Undecodable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from etcdpod.changes import Step

KEY = b"/registry/pods/shop/db-0"


def put(main: int, version: int, create: int, sub: int = 0) -> Record:
    return Record(KEY, Revision(main, sub), False, create, version, 0, b"", 0, Provenance("test"))


def tombstone(main: int, sub: int = 0) -> Record:
    return Record(KEY, Revision(main, sub), True, 0, 0, 0, b"", 0, Provenance("test"))


def pod(record: Record, uid: str | None = None) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "db-0",
            "uid": uid or f"uid-{record.create_revision}",
            "resourceVersion": str(record.mod_revision),
        },
        "spec": {"containers": [{"name": "pg", "image": "pg:16"}]},
        "status": {"phase": "Pending" if record.version == 1 else "Running"},
    }


def told(records: list[Record], compact_revision: int = 0) -> list[Step]:
    return list(steps(records, pod, compact_revision=compact_revision))


def test_every_key_of_the_incident_is_told_as_the_watch_told_it(shop: dict[str, Any]) -> None:
    deleted = added = 0
    for name, recorded in shop.items():
        found = list(steps(recorded.records, recorded.decode))
        expected = [
            ("MODIFIED" if event == "INITIAL" else event, object_)
            for event, object_ in recorded.events
        ]
        assert [(step.event, step.object) for step in found] == expected, name
        assert all(step.uid == step.object["metadata"]["uid"] for step in found), name
        added += sum(step.event == "ADDED" for step in found)
        deleted += sum(step.event == "DELETED" for step in found)
    assert (added, deleted) == (211, 29)


def test_a_deletion_carries_the_object_that_the_watch_sent(shop: dict[str, Any]) -> None:
    """Built from the revision before alone: a tombstone has no value to decode."""
    compared = 0
    for name, recorded in shop.items():
        puts = {
            record.revision: value
            for record, (_, value) in zip(recorded.records, recorded.events, strict=True)
            if not record.tombstone
        }
        found = steps(recorded.records, lambda record, puts=puts: puts[record.revision])
        for step, (event, value) in zip(found, recorded.events, strict=True):
            if event == "DELETED":
                assert step.object == value, name
                compared += 1
    assert compared == 29


def test_a_stateful_pod_has_a_life_for_each_uid(shop: dict[str, Any]) -> None:
    recorded = shop["pods/shop/db-0"]
    found = list(steps(recorded.records, recorded.decode))
    lives = {(step.incarnation, step.uid[:8]) for step in found}
    assert lives == {(1, "b6bbbf8c"), (2, "caa8db7c")}
    first, second = incarnations(recorded.records)
    assert (first.create_revision, first.deleted_at, first.kept) == (445, 767, 8)
    assert (second.create_revision, second.deleted_at, second.kept) == (768, None, 5)
    assert (first.missing, second.missing) == (0, 0)


def test_added_is_judged_by_version_and_not_by_what_is_seen_first() -> None:
    (step,) = told([put(900, version=17, create=300)], compact_revision=908)
    assert step.event == "MODIFIED"
    assert step.missing_before == 16
    assert step.summary[0] == (
        "version 17 is the oldest kept: 16 earlier revisions were compacted away"
    )
    assert "Running" in step.summary


def test_revisions_lost_above_the_compaction_are_not_blamed_on_it() -> None:
    (step,) = told([put(1000, version=3, create=990)], compact_revision=908)
    assert step.summary[0] == (
        "version 3 is the oldest kept: 2 earlier revisions are not in this source"
    )


def test_delete_and_recreate_in_one_transaction_are_two_lives() -> None:
    records = [put(5, 1, 5), tombstone(9, sub=0), put(9, 1, 9, sub=1), put(12, 2, 9)]
    found = told(records)
    assert [(s.event, s.incarnation, s.uid) for s in found] == [
        ("ADDED", 1, "uid-5"),
        ("DELETED", 1, "uid-5"),
        ("ADDED", 2, "uid-9"),
        ("MODIFIED", 2, "uid-9"),
    ]
    assert found[1].object["metadata"]["resourceVersion"] == "9"
    first, second = incarnations(records)
    assert (first.deleted_at, second.deleted_at) == (9, None)
    assert second.first.revision == Revision(9, 1)


def test_a_tombstone_alone_is_a_life_of_which_only_the_end_is_known() -> None:
    records = [tombstone(908), put(950, 1, 950)]
    found = told(records, compact_revision=908)
    assert (found[0].event, found[0].object, found[0].problem) == ("DELETED", None, None)
    assert found[0].missing_before == 1
    assert found[0].summary == (
        "DELETED",
        "only the deletion is kept: the revisions before it were compacted away",
    )
    assert [step.incarnation for step in found] == [1, 2]
    first, second = incarnations(records, 908)
    assert (first.create_revision, first.missing, first.deleted_at) == (0, 1, 908)
    assert (second.create_revision, second.missing, second.deleted_at) == (950, 0, None)


def test_a_tombstone_alone_above_the_compaction_is_not_blamed_on_it() -> None:
    (step,) = told([tombstone(950)], compact_revision=908)
    assert step.summary[1] == "only the deletion is kept: the revisions before it are not in " + (
        "this source"
    )


def test_two_tombstones_in_a_row_are_two_lives() -> None:
    found = told([put(5, 1, 5), tombstone(7), tombstone(20)])
    assert [(step.incarnation, step.missing_before) for step in found] == [(1, 0), (1, 0), (2, 1)]


def test_another_create_revision_begins_a_life_though_the_tombstone_is_lost() -> None:
    records = [put(5, 1, 5), put(30, 4, 20)]
    found = told(records)
    assert [(s.event, s.incarnation, s.missing_before) for s in found] == [
        ("ADDED", 1, 0),
        ("MODIFIED", 2, 3),
    ]
    assert found[1].changes == ()
    first, second = incarnations(records)
    assert (first.deleted_at, first.end_missing) == (None, True)
    assert (second.missing, second.end_missing) == (3, False)


def test_another_uid_within_one_life_of_the_key_begins_an_incarnation() -> None:
    """Somebody wrote past the API: etcd counts on, Kubernetes has another object."""
    records = [put(5, 1, 5), put(6, 2, 5)]
    uids = iter(["one", "two"])
    found = list(steps(records, lambda record: pod(record, next(uids))))
    assert [(s.event, s.incarnation, s.uid) for s in found] == [
        ("ADDED", 1, "one"),
        ("MODIFIED", 2, "two"),
    ]
    assert found[1].summary[0] == "overwritten by another object of the same name"
    assert "metadata.uid" in [change.path for change in found[1].changes]


def test_gaps_inside_a_life_are_counted() -> None:
    records = [put(5, 1, 5), put(9, 4, 5), put(10, 5, 5), tombstone(11)]
    assert [step.missing_before for step in told(records)] == [0, 2, 0, 0]
    (life,) = incarnations(records)
    assert (life.kept, life.missing, life.deleted_at) == (4, 2, 11)


def test_a_value_that_cannot_be_read_is_told_and_not_compared() -> None:
    problems: dict[int, Encrypted | Undecodable] = {
        6: Encrypted("aescbc:v1", "key1"),
        8: Undecodable("truncated", b"k8s\x00", offset=4),
    }
    records = [put(5, 1, 5), put(6, 2, 5), put(7, 3, 5), put(8, 4, 5), tombstone(9)]
    found = list(steps(records, lambda r: problems.get(r.mod_revision) or pod(r)))
    assert [step.problem for step in found] == [None, problems[6], None, problems[8], problems[8]]
    assert found[1].summary == ("encrypted (aescbc:v1, key key1)",)
    assert found[1].object is None
    assert found[2].summary[0] == "not compared: the revision before could not be read"
    assert found[4].object is None
    assert {step.uid for step in found} == {"uid-5"}
    assert {step.incarnation for step in found} == {1}


def test_a_deletion_does_not_change_the_object_that_came_before_it() -> None:
    found = told([put(5, 1, 5), tombstone(7)])
    assert found[0].object["metadata"]["resourceVersion"] == "5"
    assert found[1].object["metadata"]["resourceVersion"] == "7"


def test_a_deletion_of_an_object_without_metadata_is_no_failure() -> None:
    odd: dict[str, Any] = {"kind": "Pod", "apiVersion": "v1", "metadata": "none"}
    found = list(steps([put(5, 1, 5), tombstone(7)], lambda _: dict(odd)))
    assert found[1].event == "DELETED"


def test_noise_is_among_the_changes_only_when_asked_for() -> None:
    def decode(record: Record) -> dict[str, Any]:
        value = pod(replace(record, version=2))
        value["metadata"]["managedFields"] = [{"manager": f"m{record.version}"}]
        return value

    records = [put(5, 1, 5), put(6, 2, 5)]
    quiet, loud = (list(steps(records, decode, noise=noise))[1] for noise in (False, True))
    assert quiet.changes == ()
    assert [change.path for change in loud.changes] == [
        "metadata.managedFields[0].manager",
        "metadata.resourceVersion",
    ]
    assert quiet.summary == loud.summary == ("no visible change (managedFields only)",)


@pytest.mark.parametrize("count", [3000])
def test_a_long_history_streams(count: int) -> None:
    """Nothing but the revision before is held while the steps go by."""
    alive = 0

    class Counted(dict[str, Any]):
        def __init__(self, value: dict[str, Any]) -> None:
            nonlocal alive
            super().__init__(value)
            alive += 1

        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    def records() -> Iterator[Record]:
        for version in range(1, count + 1):
            yield put(version + 1, version, 2)

    decode: Callable[[Record], dict[str, Any]] = lambda record: Counted(pod(record))  # noqa: E731
    most = 0
    for _ in steps(records(), decode):
        most = max(most, alive)
    assert most <= 3
