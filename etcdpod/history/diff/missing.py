"""What a history lacks, in sentences that claim no more than the bytes show.

etcd's compaction at revision C keeps, of every key, the newest revision at or below C (unless
that is a tombstone older than C, or, in etcd before 3.4.34 and 3.5.16, also one at C itself) and
everything above. So a first kept revision at or below C explains what is missing before it;
anything else that is missing was lost some other way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from etcdpod.changes import Incarnation
    from etcdpod.records import Record


def oldest_kept(first: Record, compact_revision: int) -> str:
    """Why a life does not begin with its creation; ``first`` is its oldest kept put.

    Example: ``version 17 is the oldest kept: 16 earlier revisions were compacted away``.
    """
    return (
        f"version {first.version} is the oldest kept: {_revisions(first.version - 1, 'earlier ')} "
        f"{_fate(first, first.version - 1, compact_revision)}"
    )


def orphaned_tombstone(tombstone: Record, compact_revision: int) -> str:
    """What is known of a life of which only the deletion is left."""
    fate = (
        "were compacted away"
        if tombstone.mod_revision <= compact_revision
        else "are not in this source"
    )
    return f"only the deletion is kept: the revisions before it {fate}"


def missing(lives: Sequence[Incarnation], compact_revision: int) -> tuple[str, ...]:
    """What the history of a key lacks, one sentence for each gap.

    Args:
        lives: all incarnations of the key, oldest first; at least one.
        compact_revision: the source's, 0 when it was never compacted.

    Returns:
        At least one sentence: that nothing is missing is also said, as far as it can be known.
    """
    sentences = [
        f"incarnation {life.number}: {sentence}" if len(lives) > 1 else sentence
        for life in lives
        for sentence in _of_life(life, compact_revision)
    ]
    if not sentences:
        sentences = ["nothing missing since create"]
    # A life that ended before the compaction left no trace at all, so its absence proves nothing.
    # Before the first kept life began there was room for one, unless that is revision 2, the
    # first that a cluster writes.
    begin = lives[0].create_revision or lives[0].first.mod_revision
    if compact_revision > 0 and begin > 2:
        horizon = min(begin, compact_revision)
        sentences.append(f"a life that ended before revision {horizon} would have left no trace")
    return tuple(sentences)


def _of_life(life: Incarnation, compact_revision: int) -> list[str]:
    first = life.first
    if first.tombstone:
        return [orphaned_tombstone(first, compact_revision)]
    sentences = []
    before = max(first.version - 1, 0)
    if before:
        sentences.append(oldest_kept(first, compact_revision))
    inside = life.missing - before
    if inside > 0:
        verb = "is" if inside == 1 else "are"
        sentences.append(f"{_revisions(inside)} {verb} missing between those that are kept")
    if life.end_missing:
        sentences.append("its deletion is not kept")
    return sentences


def _fate(first: Record, count: int, compact_revision: int) -> str:
    if first.mod_revision <= compact_revision:
        return "was compacted away" if count == 1 else "were compacted away"
    return "is not in this source" if count == 1 else "are not in this source"


def _revisions(count: int, adjective: str = "") -> str:
    return f"{count} {adjective}revision{'' if count == 1 else 's'}"
