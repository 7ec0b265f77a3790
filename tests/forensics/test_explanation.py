"""A pod explained, as text and as JSON, by the commands that people type."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from etcdpod.cli.history import blame
from etcdpod.cli.incident import diagnose
from etcdpod.cli.incident import explain as explain_command
from etcdpod.forensics.explain.explain import Explanation, explain
from etcdpod.forensics.explain.text import explanation_json, explanation_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from etcdpod.history.lives import Registry


def explained(registry: Registry, pod: str, at: int | None = None) -> list[Explanation]:
    history = registry.history(registry.resolve("pods"), *pod.split("/"))
    assert history is not None
    return explain(registry, history, at=at)


def test_a_bad_image_is_explained_with_who_brought_it(demo: Registry) -> None:
    (found,) = explained(demo, "shop/web-79f78d44fd-7zlw4")
    first = found.findings[0]
    assert first.rule == "ErrImagePull"
    assert found.judged_at == 720  # the last revision before its deletion was asked for
    assert found.bringer is not None
    assert (found.bringer.kind, found.bringer.name) == ("Deployment", "web")
    assert found.bringer.revision == 612
    assert found.bringer.writer is not None
    assert found.bringer.writer.manager == "kubectl-set"
    assert found.admitted == [
        "toleration node.kubernetes.io/not-ready",
        "toleration node.kubernetes.io/unreachable",
    ]


def test_what_admission_added_to_a_bare_pod_is_told_by_what_kubectl_sent(demo: Registry) -> None:
    (found,) = explained(demo, "shop/filler")
    assert "toleration node.kubernetes.io/not-ready" in found.admitted


def test_every_incarnation_is_explained_for_itself(whole: Registry) -> None:
    first, second = explained(whole, "shop/db-0")
    assert first.findings == []
    assert second.findings[0].rule == "NodeNotReady"
    text = "\n".join(explanation_lines(first, "shop/db-0"))
    assert "it was well until its deletion was asked for" in text
    assert "lived 44" in text


def test_a_pod_on_its_way_is_not_called_well(capsysbinary: Any) -> None:
    out = run(explain_command.command, capsysbinary, "shop/db-0", "--at", "480")
    assert "none: it is ContainerCreating, and nothing shows trouble" in out


def test_the_past_is_explained_as_it_was(whole: Registry) -> None:
    _, second = explained(whole, "shop/db-0", at=800)
    assert second.findings == []
    assert second.life.milestones[-1].revision == 786
    (life,) = explained(whole, "shop/db-0", at=600)
    assert not life.life.is_over


def test_the_text_says_all_that_the_sketch_promises(demo: Registry) -> None:
    (found,) = explained(demo, "shop/web-79f78d44fd-7zlw4")
    lines = list(explanation_lines(found, "shop/web-79f78d44fd-7zlw4"))
    starts = [line.split()[0] for line in lines if line and not line.startswith(" ")]
    for word in ("Cause", "Evidence", "Since", "Way", "Brought", "Ended", "Do"):
        assert word in starts
    way = next(line for line in lines if line.startswith("Way"))
    assert "images ✗" in way
    assert way.index("created") < way.index("scheduled") < way.index("sandbox")


def test_a_terminal_is_safe_from_what_a_cluster_says(registry_of: Callable[..., Any]) -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "namespace": "n", "uid": "u"},
        "spec": {"nodeName": "a", "containers": [{"name": "c", "image": "x\x1b[2J"}]},
        "status": {
            "phase": "Pending",
            "containerStatuses": [
                {
                    "name": "c",
                    "state": {"waiting": {"reason": "ErrImagePull", "message": "\x1b]0;"}},
                }
            ],
        },
    }
    (found,) = explained(registry_of(pod), "n/p")
    text = "\n".join(explanation_lines(found, "n/p"))
    assert "\x1b" not in text
    assert "^[[2J" in text


def test_json_is_complete_and_plain(whole: Registry) -> None:
    value = json.loads(json.dumps(explanation_json(explained(whole, "shop/orders")[-1])))
    assert value["stuckAt"] == "initialized"
    assert len(value["restarts"]) == 25
    assert value["restarts"][0]["exitCode"] == 1
    assert value["way"][0]["time"]["earliest"].endswith("Z")
    assert value["findings"][0]["rule"] == "Init:CrashLoopBackOff"


# --- commands -----------------------------------------------------------------------------------


def run(command: Any, capsysbinary: Any, *words: str) -> str:
    command.main([*words, "--from", "demo"], standalone_mode=False)
    return capsysbinary.readouterr().out.decode()


def test_diagnose_prints_the_worst_first(capsysbinary: Any) -> None:
    out = run(diagnose.command, capsysbinary, "--at", "720")
    assert out.startswith("CRITICAL")
    assert "web:2.4.1-typo does not exist" in out
    values = json.loads(run(diagnose.command, capsysbinary, "--at", "720", "-o", "json"))
    assert values[0]["severity"] == "critical"
    assert out.rstrip().splitlines()[-1].startswith(f"{len(values)} findings")


def test_explain_prints_the_last_incarnation(capsysbinary: Any) -> None:
    out = run(explain_command.command, capsysbinary, "shop/db-0")
    assert "incarnation 2" in out
    assert "incarnation 1 " not in out
    assert "1 earlier incarnation" in out
    assert "incarnation 1 " in run(explain_command.command, capsysbinary, "shop/db-0", "--all")


def test_blame_names_a_revision_for_every_line(capsysbinary: Any) -> None:
    out = run(blame.command, capsysbinary, "shop/db-0")
    lines = out.splitlines()
    assert len(lines) > 100
    assert all(line.split()[0].isdigit() for line in lines)
    node = next(line for line in lines if "nodeName: sim-0" in line)
    assert node.split()[0] == "769"
    assert "kube-scheduler (binding)" in node
    past = run(blame.command, capsysbinary, "shop/db-0", "--at", "600")
    assert any(line.startswith("453") for line in past.splitlines())
    values = json.loads(run(blame.command, capsysbinary, "shop/db-0", "-o", "json"))
    assert len(values) == len(lines)
    assert all(line.endswith(value["line"]) for line, value in zip(lines, values, strict=True))
    assert all(value["writer"]["evidence"] for value in values)


@pytest.mark.parametrize("command", [explain_command.command, blame.command])
def test_what_is_not_there_is_said_in_one_line(command: Any, capsysbinary: Any) -> None:
    code = command.main(["shop/nobody", "--from", "demo"], standalone_mode=False)
    captured = capsysbinary.readouterr()
    assert code == 1
    assert captured.out == b""
    assert captured.err.count(b"\n") == 1
