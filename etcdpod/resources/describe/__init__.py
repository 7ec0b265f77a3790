"""``kubectl describe``: an object and what stands around it, in words and columns."""

from etcdpod.resources.describe.base import Around
from etcdpod.resources.describe.describers import DESCRIBERS, describe, describer_for

__all__ = ["DESCRIBERS", "Around", "describe", "describer_for"]
