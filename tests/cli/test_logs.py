"""``logs``: what is said in the place of logs, against the recorded pods."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from etcdpod.forensics.explain.container_logs import _runs

if TYPE_CHECKING:
    from collections.abc import Callable

CART = "shop/cart-678b77c888-gczq8"
UID = "c5cb06e6-b9f6-4492-b2f0-3818d2e19aa2"
DIRECTORY = f"/var/log/pods/shop_cart-678b77c888-gczq8_{UID}/cart"


def test_it_says_that_there_are_none_and_what_there_is(cli: Callable) -> None:
    ran = cli("logs", CART, "--from", "demo")
    assert ran.code == 0
    first, *lines = ran.out.splitlines()
    assert "etcd holds no logs" in first
    text = "\n".join(lines)
    assert "Node       sim-0 (192.0.2.77)" in text
    assert f"{DIRECTORY}/5.log" in text
    assert f"{DIRECTORY}/4.log" in text
    assert "Restarts  5" in text
    assert "CrashLoopBackOff" in text


def test_every_run_that_a_kept_revision_tells_of(cli: Callable) -> None:
    ran = cli("logs", CART, "-o", "json", "--from", "demo")
    answer = json.loads(ran.out)
    (container,) = answer["containers"]
    assert answer["logs"] is None
    assert [run["run"] for run in container["runs"]] == [0, 1, 2, 3, 4]
    assert {run["exitCode"] for run in container["runs"]} == {1}
    starts = [run["startedAt"] for run in container["runs"]]
    assert starts == sorted(starts)
    assert container["runs"][0]["startedAt"] == "2026-11-22T20:24:18Z"


def test_as_of_a_revision_only_what_had_happened(cli: Callable) -> None:
    ran = cli("logs", CART, "-o", "json", "--at", "696", "--from", "demo")
    (container,) = json.loads(ran.out)["containers"]
    assert container["restartCount"] == 2
    assert [run["run"] for run in container["runs"]] == [0, 1, 2]


def test_one_container_of_several(cli: Callable) -> None:
    ran = cli("logs", "shop/orders", "-c", "init-db", "--from", "demo")
    assert "● init container init-db" in ran.out
    assert "● container orders" not in ran.out


def test_a_container_that_is_not_there(cli: Callable) -> None:
    ran = cli("logs", CART, "-c", "sidecar", "--from", "demo")
    assert ran.code == 1
    assert "there are: cart" in ran.err


def test_a_deleted_pod_as_it_last_was(cli: Callable) -> None:
    ran = cli("logs", "shop/web-79f78d44fd-7zlw4", "--from", "demo")
    assert ran.code == 0
    assert "Deleted    at revision 761" in ran.out
    assert "ErrImagePull" in ran.out


def test_a_pod_without_a_node_has_no_files(cli: Callable) -> None:
    ran = cli("logs", "shop/too-big", "--from", "demo")
    assert "none: never bound" in ran.out
    assert "/var/log" not in ran.out


def test_what_is_no_pod(cli: Callable) -> None:
    assert cli("logs", "deploy/web", "-n", "shop", "--from", "demo").code == 2
    assert cli("logs", "shop/nothing", "--from", "demo").code == 1


@pytest.mark.parametrize(
    ("last", "runs"),
    [
        # A kubelet that waits to start it again: the last state is that of the newest run.
        ({"containerID": "c://2", "exitCode": 7}, {2: 7}),
        # One that has already made the next container.
        ({"containerID": "c://1", "exitCode": 7}, {1: 7}),
    ],
)
def test_which_run_the_last_state_is_of(last: dict, runs: dict) -> None:
    status = {
        "name": "c",
        "restartCount": 2,
        "containerID": "c://2",
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": last},
    }
    found = _runs("c", "container", [(5, {"status": {"containerStatuses": [status]}})])
    assert {number: run.exit_code for number, run in found.items()} == runs
