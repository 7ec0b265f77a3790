"""Checks that several sources share one history before they are merged.

What was not written since must be unchanged: keys of a newer source whose last change is not after
the newest revision of an older source must exist there, at the same revision. That holds across
compactions, and fails for another cluster and for a cluster that was restored to an older state
and then diverged under the same revision numbers.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from etcdpod.damage import Damage, DamageCode
from etcdpod.errors import CompactedError, SourceError
from etcdpod.source_details import DatabaseDetails

if TYPE_CHECKING:
    from collections.abc import Sequence

    from etcdpod.connectors.base import Connector
    from etcdpod.records import SourceInfo

TOLERATED_SHARE = 0.01
"""Tolerated share of the compared keys: more than a few damaged records means another history."""
TOLERATED = 3
MIN_COMMON = 10
"""Keys that two histories must have in common before they diverge. A few are the same in all
clusters, since every API server starts by creating the same objects."""


def check_kinship(
    sources: Sequence[Connector], infos: Sequence[SourceInfo], damage: list[Damage]
) -> None:
    """Compare every source with the next newer one.

    Args:
        sources: open connectors.
        infos: the description of each source.
        damage: the list to which doubts are appended.

    Raises:
        SourceError: two of them have different histories.
    """
    order = sorted(range(len(sources)), key=lambda number: infos[number].current_revision)
    for older, newer in pairwise(order):
        _check(sources[older], infos[older], sources[newer], infos[newer], damage)


def _check(
    older: Connector,
    older_info: SourceInfo,
    newer: Connector,
    newer_info: SourceInfo,
    damage: list[Damage],
) -> None:
    reached = older_info.current_revision
    unchanged = _unchanged(newer, newer_info, reached)
    known = {record.key: record.mod_revision for record in older.range(b"", keys_only=True)}
    strange = {key: main for key, main in unchanged.items() if known.get(key) != main}
    pair = f"{older_info.target} and {newer_info.target}"
    if len(strange) > max(TOLERATED, TOLERATED_SHARE * len(unchanged)):
        raise _other_history(pair, strange, unchanged)
    if strange:
        code, count, total = DamageCode.KEYS_DIFFER, len(strange), len(unchanged)
        damage.append(
            Damage(
                code,
                older_info.target,
                key=min(strange),
                other_source=newer_info.target,
                count=count,
                total=total,
            )
        )
    elif not unchanged:
        _check_ids(older_info, newer_info, pair, damage)


def _unchanged(source: Connector, info: SourceInfo, reached: int) -> dict[bytes, int]:
    """The keys that exist and were last written at or before revision ``reached``."""
    at = max(reached, info.compact_revision)
    try:
        records = list(source.range(b"", at, keys_only=True))
    except CompactedError:
        records = list(source.range(b"", keys_only=True))
    return {record.key: record.mod_revision for record in records if record.mod_revision <= reached}


def _check_ids(older: SourceInfo, newer: SourceInfo, pair: str, damage: list[Damage]) -> None:
    """If there is nothing to compare, the clusters' own ids are used."""
    ids = older.cluster_id, newer.cluster_id
    members = _members(older), _members(newer)
    if None not in ids and ids[0] != ids[1]:
        raise SourceError(
            f"{pair} are of different clusters ({ids[0]:x} and {ids[1]:x})",
            next_step="open them one by one",
        )
    if (None in ids) and not (members[0] & members[1]):
        code = DamageCode.CLUSTER_UNPROVEN
        damage.append(Damage(code, older.target, other_source=newer.target))


def _members(info: SourceInfo) -> set[str]:
    """Ids of the members listed in a database."""
    database = info.detail(DatabaseDetails)
    return set() if database is None else {one.id for one in database.members if one.id is not None}


def _other_history(
    pair: str, strange: dict[bytes, int], unchanged: dict[bytes, int]
) -> SourceError:
    first = min(strange.values())
    common = sum(main < first for main in unchanged.values())
    if common < MIN_COMMON:
        what = f"{pair} are of different clusters"
    else:
        what = (
            f"{pair} part at revision {first} or before: one was restored to an older state"
            " and went another way"
        )
    step = f"open them one by one ({len(strange)} of {len(unchanged)} unchanged keys differ)"
    return SourceError(what, next_step=step, revision=first)
