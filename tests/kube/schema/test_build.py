"""The shipped descriptors and facts are those that the sources in proto/ make."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import pytest
from paths import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

BUILD = REPOSITORY / "proto" / "build.py"


def test_the_package_data_is_current(tmp_path: Path) -> None:
    pytest.importorskip("grpc_tools", reason="grpcio-tools is not installed: no protoc")
    if not BUILD.exists():
        pytest.skip("the sources in proto/ are not here")
    spec = importlib.util.spec_from_file_location("proto_build", BUILD)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    names = module.build(tmp_path)
    assert names == module.shipped()
    package = REPOSITORY / "etcdpod"
    different = [
        name for name in names if (tmp_path / name).read_bytes() != (package / name).read_bytes()
    ]
    assert different == [], "run python proto/build.py"
