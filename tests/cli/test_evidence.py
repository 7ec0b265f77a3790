"""Evidence is read and nothing else: bytes and times of the file stay what they were."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from etcdpod.demo import demo_path

if TYPE_CHECKING:
    from collections.abc import Callable

COMMANDS = (
    ("get", "pods", "-A"),
    ("get", "pods", "-A", "-o", "json"),
    ("get", "pods", "-A", "--deleted", "-o", "yaml"),
    ("history", "shop/db-0", "--diff"),
    ("diff", "shop/db-0", "453", "514"),
    ("keys", "--all-revisions", "-o", "wide"),
    ("info",),
    ("top", "--by", "namespace"),
)


def test_no_command_touches_the_file(tmp_path: Path, cli: Callable) -> None:
    file = tmp_path / "evidence.db"
    file.write_bytes(Path(demo_path("demo")).read_bytes())
    file.chmod(0o444)
    before = (hashlib.sha256(file.read_bytes()).digest(), file.stat().st_mtime_ns)
    for words in COMMANDS:
        assert cli(*words, "--from", str(file)).code in (0, 1), words
        after = (hashlib.sha256(file.read_bytes()).digest(), file.stat().st_mtime_ns)
        assert after == before, words
        assert [path.name for path in tmp_path.iterdir()] == ["evidence.db"]
