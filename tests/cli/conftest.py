"""Running the command line inside the test process, and the recorded fixtures."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import pytest
from paths import SHARED

from etcdpod.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    raw: bytes
    err: str


class Cli(Protocol):
    def __call__(self, *words: str, stdin: bytes = b"") -> Ran: ...


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Run ``etcdpod WORDS`` and catch its output and exit code."""

    def run(*words: str, stdin: bytes = b"") -> Ran:
        out, err = io.BytesIO(), io.BytesIO()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        stdout = io.TextIOWrapper(out, encoding="utf-8", write_through=True)
        stderr = io.TextIOWrapper(err, encoding="utf-8", write_through=True)
        monkeypatch.setattr(sys, "stdout", stdout)
        monkeypatch.setattr(sys, "stderr", stderr)
        try:
            main(list(words))
        except SystemExit as exit_:
            code = exit_.code if isinstance(exit_.code, int) else 0
        finally:
            stdout.flush()
            stderr.flush()
            monkeypatch.undo()
        return Ran(
            code, out.getvalue().decode(errors="replace"), out.getvalue(), err.getvalue().decode()
        )

    return run


@pytest.fixture(scope="session")
def shared() -> Callable[[str], Path]:
    """A file of the recorded fixtures; the test is skipped where they are not at hand."""

    def path(name: str) -> Path:
        found = SHARED / name
        if not found.exists():
            pytest.skip("the recorded fixtures are not beside this checkout")
        return found

    return path
