"""History, incident, findings, sources and top: what is displayed after the keys of a task.

``test_every_command`` proves that each single key works; here are their results in detail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from etcdpod.tui.screens.findings import FindingsScreen
from etcdpod.tui.screens.history import HistoryScreen
from etcdpod.tui.screens.incident import IncidentScreen
from etcdpod.tui.screens.sources import SourcesScreen
from etcdpod.tui.screens.top import TopScreen

if TYPE_CHECKING:
    from pathlib import Path

# --- history -----------------------------------------------------------------------------------


@pytest.mark.quick
async def test_the_history_shows_lives_and_differences(browse, press, see) -> None:
    async with browse("demo", size=(120, 50)) as pilot:
        app = pilot.app
        await press(pilot, "slash", *"db-0", "enter", "h")
        text = see(app)
        for piece in (
            "history of shop/db-0",
            "2 incarnations",
            "incarnation 1   uid b6bbbf8c",
            "incarnation 2   uid caa8db7c",
            "Pending → Running",
            "DELETED",
            "rev 786  MODIFIED",
        ):
            assert piece in text, piece
        await press(pilot, "left_square_bracket")
        assert app.screen.selected.revision == 773
        assert "rev 773" in see(app)
        await press(pilot, "right_square_bracket")
        assert app.screen.selected.revision == 786


async def test_the_cursor_begins_at_the_moment_of_the_browser(browse, press, see) -> None:
    async with browse("demo") as pilot:
        await press(pilot, "slash", *"db-0", "enter", "g", *"600", "enter", "h")
        assert pilot.app.screen.selected.revision == 514
        assert "AS OF" in see(pilot.app)


async def test_every_view_has_its_key(browse, press, see) -> None:
    async with browse("demo", size=(130, 60)) as pilot:
        app = pilot.app
        await press(pilot, "slash", *"db-0", "enter", "h")
        for key, view, piece in (
            ("2", "unified", "+  phase: Running"),
            ("3", "side by side", " ┃ "),
            ("4", "blame", "│ "),
            ("5", "object", "kind: Pod"),
            ("1", "changes", "+ status.phase: Running"),
        ):
            await press(pilot, key)
            assert app.screen.view == view
            assert f"view: {view}" in see(app)
            assert piece in app.screen.difference.text, view
        await press(pilot, "v")
        assert app.screen.view == "unified"


async def test_a_mark_compares_any_two_revisions(browse, press, see) -> None:
    async with browse("demo", size=(120, 50)) as pilot:
        app = pilot.app
        await press(pilot, "slash", *"db-0", "enter", "h")
        await press(pilot, "space", *["left_square_bracket"] * 3)
        assert app.screen.selected.revision == 768
        text = see(app)
        assert "◆" in text
        assert "rev 768 → 786" in text
        assert "spec.nodeName: sim-0" in text
        await press(pilot, *["right_square_bracket"] * 3, "space")
        assert app.screen.marked is None
        assert "◆" not in see(app)


async def test_a_field_chooses_revisions_and_noise_adds_to_them(browse, press, see) -> None:
    async with browse("demo", size=(120, 50)) as pilot:
        app = pilot.app
        await press(pilot, "slash", *"db-0", "enter", "h")
        await press(pilot, "slash", *"spec.nodeName", "enter")
        revisions = [one.revision for one in app.screen.steps.source.entries if hasattr(one, "who")]
        assert revisions == [453, 769]
        assert "field: spec.nodeName" in see(app)
        await press(pilot, "escape")
        assert app.screen.field == ""
        await press(pilot, "right_square_bracket", "m")
        assert "with noise" in see(app)
        assert "metadata.managedFields" in app.screen.difference.text
        await press(pilot, "m")
        assert "with noise" not in see(app)


async def test_from_a_pod_to_who_broke_and_who_undid_it(browse, press, see) -> None:
    async with browse("demo", size=(120, 50)) as pilot:
        app = pilot.app
        await press(pilot, "slash", *"web-79", "enter", "h", "o")
        assert "history of shop/web-79f78d44fd " in see(app)
        await press(pilot, "o")
        text = see(app)
        assert "kubectl-set" in text
        assert "web: image 2.4.0 → 2.4.1-typo" in text
        assert "web: image 2.4.1-typo → 2.4.0" in text
        await press(pilot, "o")
        assert "has no owner" in see(app)
        await press(pilot, "escape", "escape")
        assert isinstance(app.screen, HistoryScreen)


async def test_g_takes_the_browser_to_a_revision_of_the_history(browse, press) -> None:
    async with browse("demo") as pilot:
        app = pilot.app
        await press(pilot, "slash", *"db-0", "enter", "h", "left_square_bracket", "g")
        assert app.screen is app.browser
        assert app.browser.at == 773
        assert app.browser.objects.selected.name == "db-0"


async def test_enter_gives_the_screen_to_the_difference(browse, press) -> None:
    async with browse("demo") as pilot:
        app = pilot.app
        await press(pilot, "h", "enter")
        assert app.screen.has_class("zoomed")
        assert app.screen.difference.has_focus
        await press(pilot, "escape")
        assert not app.screen.has_class("zoomed")
        assert isinstance(app.screen, HistoryScreen)


async def test_a_history_is_exported(browse, press, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with browse("demo") as pilot:
        await press(pilot, "slash", *"db-0", "enter")
        await press(pilot, "h")
        await press(pilot, "E")
        await press(pilot, "enter")
        text = (tmp_path / "history-shop-db-0.md").read_text()
        assert text.startswith("# history of Pod shop/db-0")
        await press(pilot, "c")
        assert pilot.app.clipboard == text


# --- incident ----------------------------------------------------------------------------------


@pytest.mark.quick
async def test_the_incident_shows_lanes_and_what_they_say(browse, press, see) -> None:
    async with browse("demo", size=(140, 44)) as pilot:
        app = pilot.app
        await press(pilot, "p")
        assert isinstance(app.screen, IncidentScreen)
        text = see(app)
        for piece in ("27 pods", "by first trouble", "node sim-0", "p image pull", "x back-off"):
            assert piece in text, piece
        await press(pilot, "slash", *"typo", "enter", "f")
        assert app.screen.chart.revision == 629
        assert "image pull (ErrImagePull)" in see(app)
        await press(pilot, "right_square_bracket")
        assert app.screen.chart.revision == 657
        await press(pilot, "left_square_bracket", "left_square_bracket")
        assert app.screen.chart.revision == 623
        await press(pilot, "enter")
        assert isinstance(app.screen, HistoryScreen)
        assert app.screen.selected.revision == 623


async def test_the_incident_is_zoomed_sorted_and_filtered(browse, press, see) -> None:
    async with browse("demo", size=(140, 44)) as pilot:
        app = pilot.app
        await press(pilot, "p")
        await press(pilot, "left")
        chart = app.screen.chart
        assert chart.revision < 1050
        before = (chart.axis.first, chart.axis.last)
        await press(pilot, "plus", "plus")
        assert chart.axis.last - chart.axis.first < (before[1] - before[0]) / 3
        assert chart.axis.first <= chart.revision <= chart.axis.last
        await press(pilot, "minus", "a")
        assert (chart.axis.first, chart.axis.last) == before
        await press(pilot, "s")
        births = [lane.first for lane in chart.lanes if lane.kind == "pods"]
        assert births == sorted(births)
        await press(pilot, "n")
        assert {lane.namespace for lane in chart.lanes if lane.kind == "pods"} == {"jobs"}
        await press(pilot, "n", "n", "down", "down", "end")
        assert chart.lane.kind == "nodes"
        await press(pilot, "slash", *"orders", "enter")
        assert [lane.name for lane in chart.lanes if lane.kind == "pods"] == ["orders"]
        await press(pilot, "escape")
        assert len(chart.lanes) == 30


async def test_a_click_moves_the_cursors_of_the_incident(browse, press) -> None:
    async with browse("demo", size=(140, 44)) as pilot:
        await press(pilot, "p")
        chart = pilot.app.screen.chart
        await pilot.click("#lanes", offset=(90, 5))
        await press(pilot)
        assert chart.row == 4
        assert 400 < chart.revision < 900


async def test_the_incident_takes_the_browser_to_its_moment(browse, press) -> None:
    async with browse("demo") as pilot:
        await press(pilot, "p", "f", "g")
        assert pilot.app.screen is pilot.app.browser
        assert pilot.app.browser.at == pilot.app.state.clamped(pilot.app.browser.at)
        assert pilot.app.browser.at < 500


async def test_when_the_node_fell_silent_is_two_keys_away(browse, press, see) -> None:
    async with browse("demo-end", size=(110, 40)) as pilot:
        await press(pilot, "p", "f")
        assert "20:25:32" in see(pilot.app)
        assert "silent (no Lease renewed for 80 s)" in see(pilot.app)


async def test_the_picture_is_exported(browse, press, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with browse("demo") as pilot:
        await press(pilot, "p", "E", "enter")
        assert (tmp_path / "incident.svg").read_text().startswith("<svg ")


# --- findings, sources, top --------------------------------------------------------------------


@pytest.mark.quick
async def test_findings_are_ranked_with_their_evidence(browse, press, see) -> None:
    async with browse("demo", size=(140, 44)) as pilot:
        app = pilot.app
        await press(pilot, "exclamation_mark")
        assert isinstance(app.screen, FindingsScreen)
        text = see(app)
        assert "Pod shop/orders" in text
        assert "Evidence" in text
        await press(pilot, "down")
        found = app.screen.selected
        await press(pilot, "h")
        assert isinstance(app.screen, HistoryScreen)
        assert app.screen.subject.name == found.object.name
        await press(pilot, "escape", "g")
        assert app.screen is app.browser
        assert app.browser.at is not None


@pytest.mark.quick
async def test_sources_and_top_lead_to_each_other(browse, press, see) -> None:
    async with browse("demo", size=(120, 60)) as pilot:
        app = pilot.app
        await press(pilot, "i")
        assert isinstance(app.screen, SourcesScreen)
        text = see(app)
        for piece in ("read from", "sha256", "1,049", "complete: nothing compacted is missing"):
            assert piece in text, piece
        await press(pilot, "ctrl+r", "t")
        assert isinstance(app.screen, TopScreen)
        assert "by kind, most revisions first" in see(app)
        await press(pilot, "s")
        assert "most bytes first" in see(app)
        for grouping in ("namespace", "key", "writer", "kind"):
            await press(pilot, "v")
            assert f"by {grouping}," in see(app)
        await press(pilot, "i")
        assert isinstance(app.screen, SourcesScreen)
        await press(pilot, "escape")
        assert app.screen is app.browser


async def test_damage_is_listed(browse, press, see, damaged_snapshot: str) -> None:
    async with browse(damaged_snapshot, size=(140, 60)) as pilot:
        await press(pilot, "i", "end")
        assert "defects" in see(pilot.app)


async def test_an_encrypted_object_says_with_what(browse, press, see, encrypted_snapshot) -> None:
    async with browse(encrypted_snapshot, size=(140, 40)) as pilot:
        assert "⚠" in see(pilot.app)
        await press(pilot, "y", "x")
        text = see(pilot.app)
        assert "encrypted at rest (aescbc:v1:key-p" in text
