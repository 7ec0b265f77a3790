"""The wheel: built, carried to a machine without a network, installed, and run elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest
from paths import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path


def run(*words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        words, cwd=cwd, capture_output=True, text=True, check=False, env={**clean, **environment}
    )


@pytest.fixture(scope="module")
def wheelhouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our wheel and everything it needs, as the README says to collect them."""
    folder = tmp_path_factory.mktemp("wheelhouse")
    done = run(
        sys.executable, "-m", "pip", "wheel", "-q", "--wheel-dir", str(folder), str(REPOSITORY),
        cwd=folder,
    )  # fmt: skip
    if done.returncode != 0 and "No matching distribution" in done.stderr:
        pytest.skip("no package index is reachable from here")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def installed(wheelhouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``bin`` of an empty environment into which only the wheelhouse was installed."""
    folder = tmp_path_factory.mktemp("venv")
    assert run(sys.executable, "-m", "venv", str(folder), cwd=folder).returncode == 0
    done = run(
        str(folder / "bin/pip"), "install", "-q", "--no-index", "--find-links", str(wheelhouse),
        "etcdpod", cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder / "bin"


@pytest.mark.timeout(600)
def test_the_wheel_holds_schemas_styles_and_demo(wheelhouse: Path) -> None:
    (wheel,) = wheelhouse.glob("etcdpod-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "etcdpod/demo/mid.db" in names
    assert "etcdpod/demo/end.db" in names
    assert any(name.endswith(".binpb") for name in names)
    assert any(name.endswith(".tcss") for name in names)
    assert {"etcdpod/py.typed", "etcdpod/LICENSE", "etcdpod/forensics/report/report.css"} <= set(
        names
    )
    assert not [name for name in names if name.startswith(("tests/", "testdata/", "proto/"))]


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "start", [["etcdpod"], ["python", "-m", "etcdpod"], ["kubectl-etcdpod"]], ids=" ".join
)
def test_the_installed_tool_shows_both_lives_of_db_0(
    start: list[str], installed: Path, tmp_path: Path
) -> None:
    words = [str(installed / start[0]), *start[1:], "history", "shop/db-0", "--from", "demo"]
    done = run(*words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "incarnation 1" in done.stdout
    assert "incarnation 2" in done.stdout


SCRIPT = """
import etcdpod

def failing(snapshot: str) -> list[str]:
    with etcdpod.open(snapshot) as registry:
        pods: list[str] = [pod.name for pod in registry.list("pods", "shop", at=720)]
        for step in registry.history("pod", "shop/db-0"):
            revision: int = step.revision
            summary: tuple[str, ...] = step.summary
        found = [one.object.name for one in registry.diagnose() if one.severity == "critical"]
        return [*pods, *found]

reveal_type(etcdpod.open("demo").get("pod", "shop/db-0"))
"""


@pytest.mark.timeout(600)
def test_a_script_of_a_user_is_type_checked_against_the_wheel(
    installed: Path, tmp_path: Path
) -> None:
    pytest.importorskip("mypy", reason="mypy (test extra) is not installed")
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    words = ["-m", "mypy", "--strict", "--python-executable", str(installed / "python")]
    done = run(sys.executable, *words, str(script), cwd=tmp_path)
    assert "Success" in done.stdout, done.stdout
    assert 'Revealed type is "etcdpod.registry.objects.Item"' in done.stdout
