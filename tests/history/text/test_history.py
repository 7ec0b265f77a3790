"""Histories as a table and as fields, from the recorded incident and from made-up steps."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from paths import SHOP

from etcdpod.changes import Step, TimeSpan, Writer
from etcdpod.history.incarnations import incarnations, steps
from etcdpod.history.text.table import step_fields, table, who
from etcdpod.records import Encrypted, Origin, Provenance, Record, Revision, Trust

WATCH = SHOP / "watch.jsonl"
BORN = datetime(2026, 11, 22, 20, 24, 25, 712_345, tzinfo=UTC)


def record(
    main: int, version: int, create: int, sub: int = 0, origin: Origin = Origin.TREE
) -> Record:
    return Record(
        key=b"/registry/pods/shop/db-0",
        revision=Revision(main, sub),
        tombstone=version == 0,
        create_revision=create,
        version=version,
        lease=0,
        value=b"",
        value_size=0,
        provenance=Provenance("end.db", origin, page=12, offset=345, trust=Trust.VOUCHED),
    )


def pod(found: Record) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "uid": f"{found.create_revision:08d}-rest",
            "resourceVersion": str(found.mod_revision),
        },
        "status": {"phase": f"Phase{found.version}"},
    }


@pytest.fixture(scope="module")
def stateful_pod() -> tuple[list[Record], dict[Revision, dict[str, Any]]]:
    if not WATCH.exists():
        pytest.skip("the recorded incident is not in this checkout (../shared is absent)")
    records: list[Record] = []
    objects = {}
    with WATCH.open(encoding="utf-8") as lines:
        for line in lines:
            if '"name": "db-0"' not in line or '"/api/v1/pods"' not in line:
                continue
            event = json.loads(line)
            main = int(event["object"]["metadata"]["resourceVersion"])
            if event["type"] == "DELETED":
                records.append(record(main, 0, 0))
                continue
            added = event["type"] == "ADDED"
            create = main if added else records[-1].create_revision
            records.append(record(main, 1 if added else records[-1].version + 1, create))
            objects[Revision(main)] = event["object"]
    return records, objects


def test_the_life_of_a_stateful_pod(
    stateful_pod: tuple[list[Record], dict[Revision, dict[str, Any]]],
) -> None:
    records, objects = stateful_pod
    lines = table(
        "shop/db-0",
        incarnations(records),
        steps(records, lambda found: objects[found.revision]),
        current_revision=1474,
    )
    assert "\n".join(lines) == (
        "shop/db-0   2 incarnations · 13 revisions · nothing missing since create\n"
        "\n"
        "● incarnation 1   uid b6bbbf8c   445 … 767\n"
        "  REVISION  WHAT\n"
        "  445       created (2 containers, nodeSelector tier=sim)\n"
        "  453       scheduled → sim-0\n"
        "  462       ContainerCreating pg, exporter\n"
        "  514       Pending → Running · ready 0/2 → 2/2 · ip 10.88.182.187\n"
        "  745       deletion asked, grace 3 s\n"
        "  764       pg, exporter terminated (Completed, 0) · "
        "condition Ready True → False (ContainersNotReady)\n"
        "  766       grace 3 s → 0\n"
        "  767       DELETED\n"
        "\n"
        "● incarnation 2   uid caa8db7c   768 … (alive at 1474)\n"
        "  REVISION  WHAT\n"
        "  768       created (2 containers, nodeSelector tier=sim) · "
        "same spec as the life before\n"
        "  769       scheduled → sim-0\n"
        "  773       ContainerCreating pg, exporter\n"
        "  786       Pending → Running · ready 0/2 → 2/2 · ip 10.88.202.168\n"
        "  1127      condition Ready True → False (ContainersNotReady)"
    )


def dated(found: list[Step], seconds: float = 1.0) -> list[Step]:
    writers = [
        Writer("kubelet", certainty="certain", subresource="status"),
        Writer("kube-scheduler", subresource="binding", certainty="certain"),
        Writer("kube-controller-manager", controller="node-controller", certainty="likely"),
        Writer("somebody", certainty="unknown", evidence="no field manager"),
    ]
    half = timedelta(seconds=0.8)
    return [
        replace(
            step,
            time=TimeSpan(
                BORN + timedelta(seconds=seconds * i) - half,
                BORN + timedelta(seconds=seconds * i) + half,
                BORN + timedelta(seconds=seconds * i),
            ),
            writer=writers[i % 4],
        )
        for i, step in enumerate(found)
    ]


def told(records: list[Record], found: list[Step] | None = None, **options: Any) -> list[str]:
    return list(
        table(
            "shop/db-0",
            incarnations(records, options.get("compact_revision", 0)),
            list(steps(records, pod)) if found is None else found,
            **options,
        )
    )


LIFE = [record(445, 1, 445), record(453, 2, 445), record(462, 3, 445), record(489, 0, 0)]


def test_times_and_writers_have_columns_when_they_are_known() -> None:
    lines = told(LIFE, dated(list(steps(LIFE, pod)), seconds=14.7))
    assert lines[2:] == [
        "● incarnation 1   uid 00000445   445 … 489   lived 44 s   2026-11-22",
        "  REVISION  TIME (UTC)  WHO                       WHAT",
        "  445       20:24:25.7  kubelet                   created",
        "  453       20:24:40.4  kube-scheduler (binding)  Phase1 → Phase2",
        "  462       20:24:55.1  likely node-controller    Phase2 → Phase3",
        "  489       20:25:09.8  unknown                   "
        "DELETED · no deletion had been asked for",
        "",
        "times: ± 0.8 s · who: certain 2, likely 1, unknown 1",
    ]


def test_a_life_of_several_days_shows_the_date_in_every_line() -> None:
    lines = told(LIFE, dated(list(steps(LIFE, pod)), seconds=86_400))
    assert lines[2].endswith("lived 3 d")
    assert lines[4].startswith("  445       2026-11-22 20:24:25.7  kubelet")
    assert lines[7].startswith("  489       2026-11-25 20:24:25.7  unknown")


def test_a_revision_without_a_time_leaves_its_cell_empty() -> None:
    found = dated(list(steps(LIFE, pod)))
    found[1] = replace(found[1], time=None, writer=None)
    line = told(LIFE, found)[5]
    assert line == "  453                                           Phase1 → Phase2"


def test_what_is_missing_is_said_where_it_is_missing() -> None:
    records = [
        record(900, 17, 300),
        record(950, 20, 300),
        record(960, 0, 0),
        record(970, 1, 970),
        record(980, 2, 975),
        record(990, 0, 0),
    ]
    found = list(steps(records, pod, compact_revision=908))
    lines = told(records, found, compact_revision=908, current_revision=990)
    assert lines == [
        "shop/db-0   3 incarnations · 6 revisions · 19 more known to have existed",
        "",
        "● incarnation 1   uid 00000300   300 … 960",
        "  REVISION  WHAT",
        "  900       version 17 is the oldest kept: 16 earlier revisions were compacted away · "
        "Phase17 · not scheduled",
        "  … 2 revisions missing",
        "  950       across the gap: Phase17 → Phase20",
        "  960       DELETED · no deletion had been asked for",
        "",
        "● incarnation 2   uid 00000970   970 … (deleted, the deletion is not kept)",
        "  REVISION  WHAT",
        "  970       created · same spec as the life before",
        "",
        "● incarnation 3   uid 00000975   975 … 990",
        "  REVISION  WHAT",
        "  980       version 2 is the oldest kept: 1 earlier revision is not in this source · "
        "Phase2 · not scheduled",
        "  990       DELETED · no deletion had been asked for",
        "",
        "compacted below 908, where a life that had ended left no trace",
    ]


def test_differences_stand_below_their_line() -> None:
    lines = told(LIFE[:2], with_diff=True)
    assert lines[-3:] == [
        "  453       Phase1 → Phase2",
        "      - status.phase: Phase1",
        "      + status.phase: Phase2",
    ]


def test_colour_adds_colour_and_nothing_else() -> None:
    plain, coloured = (told(LIFE, with_diff=True, colour=colour) for colour in (False, True))
    assert any("\x1b[31m" in line for line in coloured)
    assert [re.sub(r"\x1b\[[0-9]+m", "", line) for line in coloured] == plain


def test_places_are_summed_up_when_there_is_more_than_the_tree() -> None:
    records = [record(445, 1, 445, origin=Origin.LOG), *LIFE[1:]]
    assert told(records)[-1] == "read from: tree 3, wal 1"


def test_two_changes_of_one_transaction_keep_their_order() -> None:
    records = [record(5, 1, 5), record(9, 0, 0, sub=0), record(9, 1, 9, sub=1)]
    lines = told(records)
    assert "  9         DELETED · no deletion had been asked for" in lines
    assert any(line.startswith("  9.1       created") for line in lines)


def test_rows_stream_once_a_life_is_long() -> None:
    read = 0

    def many() -> Any:
        nonlocal read
        for version in range(1, 5001):
            read += 1
            yield record(version + 1, version, 2)

    lines = table("x", incarnations([record(2, 1, 2), record(5001, 5000, 2)]), steps(many(), pod))
    head = [next(lines) for _ in range(5)]
    assert head[4].startswith("  2 ")
    assert read < 1100
    assert sum(1 for _ in lines) >= 4999


def test_nothing_from_a_cluster_acts_on_the_terminal() -> None:
    hostile = "\x1b[2J\r\n\u202e"
    step = replace(
        next(steps(LIFE, pod)),
        uid=hostile,
        summary=(hostile,),
        writer=Writer(hostile, subresource=hostile, certainty="certain"),
    )
    text = "".join(table(hostile, incarnations(LIFE), [step]))
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202e]", text)


def test_a_writer_in_a_few_words() -> None:
    assert who(None) == ""
    assert who(Writer("kubelet", subresource="status", certainty="certain")) == "kubelet"
    assert who(Writer("a", controller="b", certainty="likely")) == "likely b"
    assert who(Writer("a")) == "unknown"


def test_a_step_for_programs() -> None:
    added, modified, _, deleted = steps(LIFE, pod)
    assert step_fields(modified) == {
        "event": "MODIFIED",
        "revision": 453,
        "resourceVersion": "453",
        "version": 2,
        "createRevision": 445,
        "incarnation": 1,
        "uid": "00000445-rest",
        "changes": [
            {"path": "status.phase", "op": "replace", "before": "Phase1", "after": "Phase2"}
        ],
        "source": "end.db tree page 12 offset 345",
        "trust": "A",
        "summary": ["Phase1 → Phase2"],
    }
    assert step_fields(added, with_object=True)["object"] == pod(LIFE[0])
    gone = step_fields(deleted, with_object=True)
    assert (gone["event"], gone["resourceVersion"]) == ("DELETED", "489")
    assert gone["object"]["metadata"]["resourceVersion"] == "489"


def test_times_writers_gaps_and_problems_are_told_to_programs() -> None:
    found = list(steps([record(900, 17, 300, sub=2)], lambda _: Encrypted("aescbc:v1", "key1")))
    fields = step_fields(dated(found)[0], with_object=True)
    assert fields["subRevision"] == 2
    assert fields["missingBefore"] == 16
    assert fields["problem"] == "encrypted (aescbc:v1, key key1)"
    assert fields["object"] is None
    assert fields["time"] == {
        "earliest": "2026-11-22T20:24:24.912345Z",
        "latest": "2026-11-22T20:24:26.512345Z",
        "estimate": "2026-11-22T20:24:25.712345Z",
    }
    assert fields["writer"] == {
        "component": "kubelet",
        "controller": "",
        "manager": "",
        "operation": "",
        "subresource": "status",
        "certainty": "certain",
        "evidence": "",
    }
    assert json.loads(json.dumps(fields)) == fields
    unknown = replace(found[0], time=TimeSpan(None, None, None))
    assert step_fields(unknown)["time"] == {"earliest": None, "latest": None, "estimate": None}
