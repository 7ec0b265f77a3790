"""What must stay true of the code as a whole: layers, lazy imports, types, style."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter

import grimp
import pytest
from paths import REPOSITORY

HEAVY = ("textual", "rich", "grpc", "etcd3", "numpy", "deepdiff", "yaml", "cryptography", "nacl")


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "words",
    [
        ("-m", "ruff", "check", "."),
        ("-m", "ruff", "format", "--check", "."),
        ("-m", "mypy"),
        ("-c", "from importlinter.cli import lint_imports_command as lint; lint()"),
    ],
    ids=["ruff check", "ruff format", "mypy --strict", "import layers"],
)
def test_the_code_passes(words: tuple[str, ...]) -> None:
    done = run(*words)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("words", "unwanted"),
    [
        (["--help"], HEAVY),
        (["get", "pods", "-A", "--from", "demo"], ("textual", "rich", "grpc", "etcd3", "deepdiff")),
        (["history", "shop/db-0", "--from", "demo"], ("textual", "rich", "grpc", "etcd3", "yaml")),
    ],
    ids=["help", "get", "history"],
)
def test_a_command_imports_only_what_it_uses(words: list[str], unwanted: tuple[str, ...]) -> None:
    program = (
        "import sys\n"
        "from etcdpod.cli.main import main\n"
        "try:\n"
        f"    main({words!r})\n"
        "except SystemExit:\n"
        "    pass\n"
        f"print('IMPORTED', *[m for m in {unwanted!r} if m in sys.modules])\n"
    )
    done = run("-c", program)
    assert done.stdout.splitlines()[-1] == "IMPORTED", done.stdout[-500:] + done.stderr


def test_no_file_names_a_machine_or_a_registry_host() -> None:
    tracked = subprocess.run(
        ["git", "grep", "-lIE", r"/(root|work)/|pypi\.org|files\.pythonhosted"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert [f for f in tracked.stdout.split() if not f.endswith("test_architecture.py")] == []


def test_no_files_import_each_other_in_a_circle() -> None:
    """Imports for types count: two files that know each other are one file."""
    graph = grimp.build_graph("etcdpod", exclude_type_checking_imports=False, cache_dir=None)
    left = {name: set(graph.find_modules_directly_imported_by(name)) for name in graph.modules}
    while leaves := [name for name, imported in left.items() if not imported & left.keys()]:
        for name in leaves:
            del left[name]
    assert sorted(left) == []


REPEATED = {"Places", "State", "Step", "Surroundings", "Write"}
"""Names that ``etcd/replay/deduce`` has in common with other folders."""


def test_no_class_name_stands_for_two_things() -> None:
    names = Counter(
        node.name
        for path in (REPOSITORY / "etcdpod").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert {name for name, count in names.items() if count > 1} <= REPEATED


def test_no_folder_is_too_long_to_read() -> None:
    folders = Counter(path.parent for path in (REPOSITORY / "etcdpod").rglob("*.py"))
    assert {str(folder) for folder, count in folders.items() if count > 20} == set()
