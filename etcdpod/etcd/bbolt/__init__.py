"""The bbolt file format: pages, meta pages and B+ trees; read-only, without taking a lock."""

from __future__ import annotations

from etcdpod.etcd.bbolt.file import BboltFile

__all__ = ["BboltFile"]
