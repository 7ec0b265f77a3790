"""A bounded part of ``tests/mutations.py``, and logs that lack their beginning."""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING

import pytest
from mutation import SHOP, Tally, case, late_log, member_of, stored_values, subjects, value_case

from etcdpod.connectors.disk.datadir import DataDirectoryConnector
from etcdpod.records import Trust

if TYPE_CHECKING:
    from pathlib import Path

    from mutation import Subject

FIRST_SEED = 4_000
CASES = {"small": 260, "snapshot": 160, "shop": 24, "late": 24}


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> dict[str, Subject]:
    return {subject.name: subject for subject in subjects(tmp_path_factory.mktemp("subjects"))}


@pytest.mark.parametrize("name", CASES)
def test_nothing_that_is_damaged_is_believed_where_something_could_tell(found, name: str) -> None:
    if name not in found:
        pytest.skip("the recorded shop is not here")
    tally = Tally()
    for seed in range(FIRST_SEED, FIRST_SEED + CASES[name]):
        tally.add(seed, *case(found[name], seed))
    assert tally.false == []
    outcomes = sum(tally.outcomes.values(), start=type(next(iter(tally.outcomes.values())))())
    assert outcomes["told"] > CASES[name] // 4
    # Nothing is silent but what nothing protects.
    assert outcomes["silent"] <= CASES[name] // 8


def test_a_damaged_value_is_decoded_or_said_to_be_beyond_that() -> None:
    tally, values = Tally(), stored_values()
    for seed in range(400):
        tally.add(seed, *value_case(values, seed))
    assert sum(counts["told"] for counts in tally.outcomes.values()) > 100


@pytest.mark.parametrize("share", [0.02, 0.1, 0.21, 0.33, 0.47, 0.5, 0.52, 0.55, 0.7, 0.95])
def test_a_sound_log_without_its_beginning_contradicts_nothing(tmp_path, share: float) -> None:
    archive = SHOP / "end-datadir.tar.xz"
    if not archive.exists():
        pytest.skip("the recorded shop is not here")
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path / "packed", filter="data")
    source: Path = next((tmp_path / "packed").rglob("member"))
    truth = {record.revision: record for record in DataDirectoryConnector.open(source).records()}
    # Refuses damage by itself.
    late = member_of(tmp_path / "late", source, lambda path: late_log(path, share))
    connector = DataDirectoryConnector.open(late.target)
    logged = 0
    for record in connector.records():
        known = truth[record.revision]
        assert (record.key, record.value, record.lease) == (known.key, known.value, known.lease)
        assert record.create_revision in (0, known.create_revision)
        assert record.version in (0, known.version)
        logged += record.provenance.trust is Trust.LOGGED
    assert logged > 0 or share > 0.9
    connector.close()
