"""The bbolt file: pages, metas, trees; read only, without a lock."""

from __future__ import annotations

from etcdpod.etcd.bbolt.file import BboltFile

__all__ = ["BboltFile"]
