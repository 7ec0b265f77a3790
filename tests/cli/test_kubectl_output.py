"""What kubectl printed over a registry, and what we print over the same registry's snapshot."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest
from paths import FIXTURES

if TYPE_CHECKING:
    from collections.abc import Callable

FIXTURES = FIXTURES / "kubectl-output"
RECORDED = sorted(
    path.name for path in FIXTURES.glob("*.txt") if path.read_text().startswith("$ kubectl get")
)
MANIFESTS = sorted(path.name for path in FIXTURES.glob("pod-*.yaml"))

NO_ROWS = "No resources found"


def recorded(name: str) -> tuple[list[str], str, str]:
    """The command's words, the clock, and what kubectl printed on stdout."""
    command, clock, *rest = (FIXTURES / name).read_text().splitlines(keepends=True)
    printed = [line for line in rest if not line.startswith(("Warning:", NO_ROWS))]
    line = command.removeprefix("$ kubectl ").rstrip("\n")
    if "jsonpath=" in line:
        head, _, template = line.partition("-o jsonpath=")
        words = [*head.split(), "-o", f"jsonpath={template}"]
    else:
        words = shlex.split(line)
    return words, clock.removeprefix("# now ").strip(), "".join(printed)


@pytest.mark.skipif(not RECORDED, reason="the recorded fixtures are not beside this checkout")
@pytest.mark.parametrize("name", RECORDED)
def test_get_prints_what_kubectl_printed(name: str, cli: Callable) -> None:
    words, clock, expected = recorded(name)
    ran = cli(*words, "--from", str(FIXTURES / "registry.db"), "--now", clock)
    assert ran.code == 0, ran.err
    if "--sort-by" in " ".join(words):
        # kubectl's sort is not stable: rows with equal keys come in any order.
        assert sorted(ran.out.splitlines()) == sorted(expected.splitlines())
    else:
        assert ran.out == expected
    if not expected:
        assert NO_ROWS in ran.err


@pytest.mark.skipif(not MANIFESTS, reason="the recorded fixtures are not beside this checkout")
@pytest.mark.parametrize("name", MANIFESTS)
def test_yaml_is_what_kubectl_printed(name: str, cli: Callable) -> None:
    pod = name.removeprefix("pod-shop-").removesuffix(".yaml")
    managed = ["--show-managed-fields"] if not pod.endswith(".nomanaged") else []
    pod = pod.removesuffix(".nomanaged")
    source = str(FIXTURES / "registry.db")
    ran = cli("get", "pod", f"shop/{pod}", "-o", "yaml", *managed, "--from", source)
    assert ran.code == 0, ran.err
    assert ran.out == (FIXTURES / name).read_text()
