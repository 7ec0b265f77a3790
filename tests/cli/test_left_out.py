"""What is found and not believed is counted, and said beside a history."""

from __future__ import annotations

import json
import tarfile
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from mutation import SHOP

from etcdpod.cli.main import etcdpod_command
from etcdpod.connectors.disk.datadir import DataDirectoryConnector
from etcdpod.connectors.disk.evidence_places import RANK
from etcdpod.records import Trust
from etcdpod.source_details import LogDetails

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def broken(tmp_path_factory) -> Iterator[Path]:
    """The recorded member's log without a database, and with three broken records."""
    archive = SHOP / "end-datadir.tar.xz"
    if not archive.exists():
        pytest.skip("the recorded shop is not here")
    folder = tmp_path_factory.mktemp("broken")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    wal: Path = next(folder.rglob("wal"))
    (segment,) = wal.glob("*.wal")
    content = bytearray(segment.read_bytes())
    for place in (900_000, 1_200_000, 1_500_000):
        content[place] ^= 4
    segment.write_bytes(content)
    return wal


def test_a_history_says_how_many_revisions_it_leaves_out(broken) -> None:
    connector = DataDirectoryConnector.open(broken)
    place = connector.log.place
    columns = place.columns()
    doubtful = columns.row[columns.rank == RANK[Trust.SUSPECT]].tolist()
    keys = [key for key in map(place.key, doubtful) if key.startswith(b"/registry/pods/")]
    assert connector.info().detail(LogDetails).doubtful_revisions >= len(doubtful) > 0
    key = next(key for key in keys if connector.left_out(key) and list(connector.history(key)))
    _, _, _, namespace, name = key.decode().split("/")
    words = ["history", f"{namespace}/{name}", "--from", str(broken)]
    answer = CliRunner().invoke(etcdpod_command, words, standalone_mode=False)
    count = connector.left_out(key)
    assert f"{count} revision{'' if count == 1 else 's'} of trust E omitted" in answer.stderr
    connector.close()


def test_suspect_revisions_are_listed_on_request_alone_and_with_their_grade(broken) -> None:
    def listed(*words: str) -> list[str]:
        command = ["keys", "--all-revisions", "--from", str(broken), *words]
        return (
            CliRunner().invoke(etcdpod_command, command, standalone_mode=False).stdout.split("\n")
        )

    believed = [json.loads(line) for line in listed("-o", "jsonl") if line]
    both = [json.loads(line) for line in listed("--suspect", "-o", "jsonl") if line]
    suspects = [row for row in both if row["trust"] == "E"]
    assert {row["trust"] for row in believed} == {"B"}
    assert len(suspects) > 0
    assert len(both) == len(believed) + len(suspects)
    for words in ((), ("-o", "wide")):
        marked = [line for line in listed("--suspect", *words) if line.endswith("(trust E)")]
        assert len(marked) == len(suspects)
        assert not any("trust" in line for line in listed(*words))
