"""Where the repository, its test data and the shared recordings lie.

A clone of a user has only the repository: tests of recordings skip, see ``needs_shared``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
TESTDATA = REPOSITORY / "testdata"
SHARED = REPOSITORY.parent / "shared"
FIXTURES = SHARED / "fixtures"
SHOP = FIXTURES / "shop"

needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="the shared recordings are absent")
