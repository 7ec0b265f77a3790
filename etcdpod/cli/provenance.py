"""How an answer says that a part of it is not what etcd itself still vouches for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.cli.diagnostics import say
from etcdpod.records import Trust

if TYPE_CHECKING:
    from collections.abc import Mapping


def say_trust(counts: Mapping[Trust, int]) -> None:
    """Say on stderr how many objects of an answer are less than vouched for, and what they are."""
    for trust in Trust:
        if trust is not Trust.VOUCHED and counts.get(trust):
            say(f"etcdpod: {counts[trust]} of these with {_told(trust)}")


def say_carved(what: str) -> None:
    """Say that an answer rests in part on free pages."""
    say(f"etcdpod: {what} rest in part on revisions with {_told(Trust.STALE_PAGE)}")


def _told(trust: Trust) -> str:
    return f"trust {trust.value}: {trust.meaning}; --only-vouched leaves them out"
