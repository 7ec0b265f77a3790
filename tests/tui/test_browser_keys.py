"""The browser screen on the bundled incident: what is displayed after the keys of a task.

``test_every_command`` proves that each single key works; here are their results in detail.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from etcdpod.tui.screens.history import HistoryScreen
from etcdpod.tui.widgets.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from etcdpod.tui.app import EtcdpodApp


def shown(app: EtcdpodApp) -> list[str]:
    listing = app.browser.objects.listing
    assert listing is not None
    return [entry.name for entry in listing.entries]


async def select(pilot: object, press: Callable[..., object], name: str) -> None:
    await press(pilot, "slash", *name, "enter")


@pytest.mark.quick
async def test_it_opens_with_the_pods_of_all_namespaces(browse, see) -> None:
    async with browse("demo") as pilot:
        text = see(pilot.app)
        for piece in ("etcdpod  demo  etcd 3.6.0  rev 1050", "23 objects, 4 deleted", "CrashLoop"):
            assert piece in text
        assert "PAST" not in text


async def test_colon_jumps_to_a_kind_and_namespace(browse, press, see) -> None:
    async with browse("demo") as pilot:
        app = pilot.app
        await press(pilot, "colon", *"deploy", "enter")
        assert shown(app) == ["api", "auth", "cart", "report", "web"]
        await press(pilot, "colon", *"ev", "enter")
        assert app.browser.kind.label == "events"
        await press(pilot, "colon", *"po", "space", *"jobs", "enter")
        assert shown(app) == ["migrate-9dfqh", "nightly-2sjqq", "nightly-98977"]
        await press(pilot, "colon", *"nonsense", "enter")
        assert "no resource type" in see(app)
        assert app.browser.kind.label == "pods"


async def test_slash_filters_while_one_types_and_escape_clears(browse, press) -> None:
    async with browse("demo") as pilot:
        app = pilot.app
        await press(pilot, "slash", *"crash")
        assert len(shown(app)) == 3
        await press(pilot, "backspace")
        await press(pilot, "enter", "down")
        assert app.browser.objects.has_focus
        assert app.browser.objects.cursor == 1
        await press(pilot, "escape")
        assert len(shown(app)) == 27
        await press(pilot, "slash", *"status=CrashLoopBackOff restarts>4", "enter")
        assert len(shown(app)) == 3
        await press(pilot, "slash", "escape")
        assert len(shown(app)) == 27


async def test_n_and_0_choose_namespaces(browse, press) -> None:
    async with browse("demo") as pilot:
        app = pilot.app
        await press(pilot, "n")
        assert app.browser.namespace == "jobs"
        assert len(shown(app)) == 3
        await press(pilot, "0")
        assert len(shown(app)) == 27
        await press(pilot, "n", "n")
        assert app.browser.namespace is None


async def test_s_sorts_and_a_click_on_a_header_too(browse, press) -> None:
    async with browse("demo") as pilot:
        app = pilot.app
        await press(pilot, "s", "s")
        assert app.browser.objects.view.sort == "NAME"
        assert shown(app) == sorted(shown(app))
        await press(pilot, "S")
        assert shown(app) == sorted(shown(app), reverse=True)
        await pilot.click("#objects", offset=(4, 0))
        await press(pilot)
        assert app.browser.objects.view.sort == "NAMESPACE"


async def test_big_d_hides_what_was_deleted(browse, press, see) -> None:
    async with browse("demo") as pilot:
        await press(pilot, "D")
        assert len(shown(pilot.app)) == 23
        assert "(hidden)" in see(pilot.app)


@pytest.mark.quick
async def test_tabs_show_the_object_in_other_ways(browse, press, see) -> None:
    async with browse("demo", size=(120, 44)) as pilot:
        app = pilot.app
        await select(pilot, press, "orders")
        for key, piece in (
            ("y", "kind: Pod"),
            ("d", "Init Containers:"),
            ("e", "Back-off restarting"),
            ("x", "wire fields of the object"),
            ("w", "init container init-db fails"),
            ("f", "status.initContainerStatuses[init-db]"),
            ("l", "CrashLoopBackOff"),
        ):
            await press(pilot, key)
            assert piece in see(app), key
        assert not app.browser.has_class("zoomed")
        await press(pilot, "y", "y")
        assert app.browser.has_class("zoomed")
        assert "KINDS" not in see(app)
        await press(pilot, "escape")
        assert not app.browser.has_class("zoomed")
        assert app.browser.objects.has_focus


async def test_on_a_low_terminal_a_tab_takes_the_whole_screen(browse, press) -> None:
    async with browse("demo", size=(80, 24)) as pilot:
        await press(pilot, "y")
        assert pilot.app.browser.has_class("zoomed")
        await press(pilot, "z")
        assert not pilot.app.browser.has_class("zoomed")


async def test_o_goes_to_the_owner(browse, press, see) -> None:
    async with browse("demo") as pilot:
        app = pilot.app
        await select(pilot, press, "web-79")
        await press(pilot, "o")
        assert app.browser.kind.label == "replicasets"
        assert app.browser.objects.selected.name == "web-79f78d44fd"
        await press(pilot, "o")
        assert (app.browser.kind.label, app.browser.objects.selected.name) == (
            "deployments",
            "web",
        )
        await press(pilot, "o")
        assert "has no owner" in see(app)


async def test_h_and_enter_open_the_history(browse, press) -> None:
    async with browse("demo") as pilot:
        app = pilot.app
        for key in ("h", "enter"):
            await press(pilot, key)
            assert isinstance(app.screen, HistoryScreen)
            await press(pilot, "escape")
            assert app.screen is app.browser


async def test_the_lists_at_the_side_choose_kind_and_namespace(browse, press) -> None:
    async with browse("demo") as pilot:
        app = pilot.app
        kinds = app.browser.query_one("#kinds", Grid)
        kinds.focus()
        await press(pilot, "down")
        assert app.browser.kind.label == "deployments"
        app.browser.query_one("#namespaces", Grid).focus()
        await press(pilot, "down")
        assert app.browser.namespace == "shop"
        await press(pilot, "b")
        assert app.browser.has_class("sidebar-toggled")
        assert not app.browser.query_one("#sidebar").region.width


async def test_tab_moves_the_focus(browse, press) -> None:
    async with browse("demo") as pilot:
        before = pilot.app.focused
        await press(pilot, "tab")
        assert pilot.app.focused is not before
        await press(pilot, "shift+tab")
        assert pilot.app.focused is before


# --- the time machine --------------------------------------------------------------------------


@pytest.mark.quick
async def test_g_goes_to_a_revision_or_a_time_and_says_so(browse, press, see) -> None:
    async with browse("demo") as pilot:
        app = pilot.app
        await press(pilot, "g", *"620", "enter")
        assert app.browser.at == 620
        text = see(app)
        assert "◀ AS OF 20:24:41" in text
        assert "(rev 620) PAST" in text
        assert "┃620" in text
        assert app.browser.title_bar.has_class("past")
        registry = app.state.registry
        alive = {r.key for r in registry.select(registry.resolve("pods"), at=620)}
        listing = app.browser.objects.listing
        assert {entry.key for entry in listing.entries if not entry.gone} == alive
        await press(pilot, "g", *"20:25:06", "enter")
        assert 725 <= app.browser.at <= 745
        await press(pilot, "g", *"99999", "enter")
        assert "is not kept here" in see(app)
        await press(pilot, "L")
        assert app.browser.at is None
        assert "PAST" not in see(app)


async def test_arrows_move_through_time_by_slices_and_revisions(browse, press) -> None:
    async with browse("demo") as pilot:
        app = pilot.app
        revisions = []
        for _ in range(5):
            await press(pilot, "left")
            revisions.append(app.browser.at)
        assert revisions == sorted(set(revisions), reverse=True)
        for earlier in reversed(revisions[:-1]):
            await press(pilot, "right")
            assert app.browser.at == earlier
        here = app.browser.at
        await press(pilot, "shift+left", "comma")
        assert app.browser.at == here - 2
        await press(pilot, "shift+right", "full_stop")
        assert app.browser.at == here
        for _ in range(3):
            await press(pilot, "right")
        assert app.browser.at is None


async def test_every_revision_can_be_reached_from_the_left_end(browse, press) -> None:
    async with browse("demo") as pilot:
        app = pilot.app
        await press(pilot, "g", "2", "enter", "left", "shift+left")
        assert app.browser.at == 2
        await press(pilot, "right")
        assert app.browser.at > 2


async def test_brackets_step_through_the_changes_of_the_object(browse, press, see) -> None:
    async with browse("demo") as pilot:
        app = pilot.app
        await select(pilot, press, "db-0")
        reached = []
        for _ in range(4):
            await press(pilot, "left_square_bracket")
            reached.append(app.browser.at)
        assert reached == [786, 773, 769, 768]
        assert app.browser.objects.selected.name == "db-0"
        assert "●" in see(app), "it changed at this very revision"
        await press(pilot, "left_square_bracket", "left_square_bracket")
        assert app.browser.at == 766
        await press(pilot, "right_square_bracket")
        assert app.browser.at == 767
        assert app.browser.objects.selected.gone
        for _ in range(5):
            await press(pilot, "right_square_bracket")
        assert app.browser.at is None


async def test_a_click_on_the_axis_travels(browse, press) -> None:
    async with browse("demo") as pilot:
        await pilot.click("#axis", offset=(60, 0))
        await press(pilot)
        assert 400 < pilot.app.browser.at < 800


async def test_compacted_history_cannot_be_gone_to(browse, press) -> None:
    async with browse("demo-end") as pilot:
        app = pilot.app
        await press(pilot, "g", *"908", "enter")
        assert app.browser.at == 908
        await press(pilot, "shift+left")
        assert app.browser.at == 908


# --- help, palette, export ---------------------------------------------------------------------


async def test_help_lists_every_key(browse, press, see) -> None:
    async with browse("demo", size=(120, 80)) as pilot:
        await press(pilot, "question_mark")
        text = see(pilot.app)
        for piece in ("Jump to a kind by any name", "OSC 52", "Travel back"):
            assert piece in text
        await press(pilot, "escape")
        assert pilot.app.screen is pilot.app.browser


async def test_the_palette_runs_commands(browse, press) -> None:
    async with browse("demo") as pilot:
        await press(pilot, "ctrl+p")
        await press(pilot, *"all namespaces")
        await press(pilot, *"", "escape")
        names = {command.title for command in pilot.app.browser.palette()}
        assert {"Jump to kind  (:)", "Incident  (p)", "Go to revision  (g)"} <= names


async def test_copy_and_export(browse, press, see, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with browse("demo") as pilot:
        app = pilot.app
        await select(pilot, press, "db-0")
        await press(pilot, "c")
        assert app.clipboard.startswith("apiVersion: v1\nkind: Pod\n")
        await press(pilot, "E")
        assert "write to pod-shop-db-0.yaml" in see(app).replace("│", " ")
        await press(pilot, "enter")
        assert (tmp_path / "pod-shop-db-0.yaml").read_text() == app.clipboard
        await press(pilot, "E", "enter")
        assert "exists already" in see(app)


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
async def test_q_leaves(browse, press, key: str) -> None:
    async with browse("demo") as pilot:
        await press(pilot, key)
        assert pilot.app._exit


async def test_a_source_that_cannot_be_opened_ends_with_its_reason() -> None:
    from etcdpod.session import SourceOptions
    from etcdpod.tui.app import EtcdpodApp

    app = EtcdpodApp(SourceOptions(targets=("/no/such/file",)))
    async with app.run_test() as pilot:
        deadline = time.monotonic() + 60
        while not app._exit:
            assert time.monotonic() < deadline
            await pilot.pause(0.01)
    assert "no such file" in str(app.return_value)
    assert app.return_code == 3
