"""``kubectl describe``: an object and the objects related to it, as text in columns."""

from etcdpod.kubectl.describe.describer import Around
from etcdpod.kubectl.describe.describers import DESCRIBERS, describe, describer_for

__all__ = ["DESCRIBERS", "Around", "describe", "describer_for"]
