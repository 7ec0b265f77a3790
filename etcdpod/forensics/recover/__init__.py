"""Recovery of deleted or lost objects, with completeness and trust."""

from __future__ import annotations

from etcdpod.forensics.recover.find_lost import Lost, find_lost
from etcdpod.forensics.recover.verdict import Completeness, Gap, Revisions, Verdict, judge

__all__ = ["Completeness", "Gap", "Lost", "Revisions", "Verdict", "find_lost", "judge"]
