"""Each key of each command, on each screen, has the effect that its help promises.

No other test presses every key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from textual.command import CommandPalette

from etcdpod.tui.cells import NoRows
from etcdpod.tui.screens.browser import BrowserScreen
from etcdpod.tui.screens.findings import FindingsScreen
from etcdpod.tui.screens.help import HelpScreen
from etcdpod.tui.screens.history import HistoryScreen
from etcdpod.tui.screens.incident import IncidentScreen
from etcdpod.tui.screens.sources import SourcesScreen
from etcdpod.tui.screens.top import TopScreen

if TYPE_CHECKING:
    from collections.abc import Callable

    from etcdpod.tui.app import EtcdpodApp

    Check = Callable[[EtcdpodApp], Any]


@dataclass(frozen=True)
class Effect:
    """What is so after a key and was not so before it."""

    now: Check
    after: tuple[str | Check, ...] = ()
    """Keys, and other things to do, that make the key's effect possible."""


def asked(question: str) -> Check:
    return lambda app: app.screen.prompt.question == question


def shows(screen: type) -> Check:
    return lambda app: isinstance(app.screen, screen)


def tab(name: str) -> Check:
    return lambda app: app.browser.detail.tab == name


def at(revision: int | None) -> Check:
    return lambda app: app.browser.at == revision


def view(**wanted: object) -> Check:
    return lambda app: all(getattr(app.browser.objects.view, k) == v for k, v in wanted.items())


def chart_at(revision: int) -> Check:
    return lambda app: app.screen.chart.revision == revision


def emptied(widget: str) -> Check:
    """Empties what the key is to fill."""
    return lambda app: app.screen.query_one(widget).show(NoRows() if widget == "#findings" else [])


BROWSER = {
    "jump_to_kind": Effect(asked("kind")),
    "filter_rows": Effect(asked("filter")),
    "open_history": Effect(shows(HistoryScreen)),
    "findings": Effect(shows(FindingsScreen)),
    "incident": Effect(shows(IncidentScreen)),
    "why": Effect(tab("Why")),
    "earlier": Effect(lambda app: (app.browser.at or 1050) < 1050),
    "later": Effect(at(None), ("left",)),
    "previous_change": Effect(at(552)),
    "next_change": Effect(at(552), ("left_square_bracket", "left_square_bracket")),
    "go_to_revision": Effect(asked("go")),
    "live": Effect(at(None), ("left",)),
    "show_yaml": Effect(tab("YAML")),
    "describe": Effect(tab("Describe")),
    "show_events": Effect(tab("Events")),
    "show_raw": Effect(tab("Raw")),
    "namespace": Effect(lambda app: app.browser.namespace == "jobs"),
    "sort": Effect(view(sort="NAMESPACE")),
    "sources": Effect(shows(SourcesScreen)),
    "top": Effect(shows(TopScreen)),
    "show_timeline": Effect(tab("Timeline"), ("y",)),
    "show_diff": Effect(tab("Diff")),
    "owner": Effect(lambda app: app.browser.kind.label == "jobs"),
    "all_namespaces": Effect(lambda app: app.browser.namespace is None, ("n",)),
    "sort_back": Effect(view(reverse=True)),
    "toggle_deleted": Effect(view(deleted=False)),
    "toggle_sidebar": Effect(lambda app: app.browser.has_class("sidebar-toggled")),
    "zoom": Effect(lambda app: app.browser.has_class("zoomed")),
    "next_pane": Effect(lambda app: app.browser.detail.lines.has_focus),
    "previous_pane": Effect(lambda app: app.focused.id == "namespaces"),
    "revision_back": Effect(at(1049)),
    "revision_forward": Effect(at(1049), ("comma", "comma")),
    "refresh": Effect(
        lambda app: "finalizer" in app.browser.detail.lines.text, (emptied("#detail-lines"),)
    ),
    "back": Effect(lambda app: not app.browser.prompt.display, ("slash",)),
}

HISTORY = {
    "zoom_difference": Effect(lambda app: app.screen.has_class("zoomed")),
    "owner_history": Effect(lambda app: app.screen.subject.kind == "Job"),
    "mark_revision": Effect(lambda app: app.screen.marked is not None),
    "next_view": Effect(lambda app: app.screen.view == "unified"),
    "blame": Effect(lambda app: app.screen.view == "blame"),
    "field_filter": Effect(asked("field")),
    "noise": Effect(lambda app: app.screen.noise),
    "travel": Effect(lambda app: app.screen is app.browser and app.browser.at == 552),
    "field_changes": Effect(lambda app: app.screen.view == "changes", ("2",)),
    "unified": Effect(lambda app: app.screen.view == "unified"),
    "side_by_side": Effect(lambda app: app.screen.view == "side by side"),
    "whole_object": Effect(lambda app: app.screen.view == "object"),
    "previous_revision": Effect(lambda app: app.screen.selected.revision == 539),
    "next_revision": Effect(
        lambda app: app.screen.selected.revision == 552, ("left_square_bracket",)
    ),
    "next_pane": Effect(lambda app: app.screen.difference.has_focus),
}

INCIDENT = {
    "lane_history": Effect(shows(HistoryScreen)),
    "lane_travel": Effect(
        lambda app: app.screen is app.browser and app.browser.at is not None, ("f",)
    ),
    "first_trouble": Effect(lambda app: app.screen.chart.revision < 1050),
    "previous_event": Effect(lambda app: app.screen.chart.revision < 1050),
    "next_event": Effect(
        lambda app: app.screen.chart.revision > 400, (lambda app: app.screen.chart.point_at(400),)
    ),
    "zoom_in": Effect(lambda app: app.screen.chart.axis.first > 600),
    "zoom_out": Effect(lambda app: app.screen.chart.axis.first < 600, ("plus",)),
    "zoom_all": Effect(lambda app: app.screen.chart.axis.first < 400, ("plus", "plus")),
    "sort_lanes": Effect(lambda app: app.screen.order != "first trouble"),
    "lane_namespace": Effect(lambda app: app.screen.namespace == "jobs"),
    "cursor_left": Effect(lambda app: app.screen.chart.revision < 1050),
    "cursor_right": Effect(chart_at(1050), ("left",)),
    "filter_rows": Effect(asked("lanes")),
}

FINDINGS = {
    "finding_history": Effect(shows(HistoryScreen)),
    "finding_travel": Effect(lambda app: app.screen is app.browser and app.browser.at is not None),
    "refresh": Effect(
        lambda app: len(app.screen.query_one("#findings").source) > 5, (emptied("#findings"),)
    ),
}

SOURCES = {
    "refresh": Effect(
        lambda app: "sha256" in app.screen.query_one("#sources-lines").text,
        (emptied("#sources-lines"),),
    ),
    "top": Effect(shows(TopScreen)),
}

TOP = {
    "group_by": Effect(lambda app: app.screen.grouping == "namespace"),
    "order_by": Effect(lambda app: app.screen.by_bytes),
    "sources": Effect(shows(SourcesScreen)),
}

EVERYWHERE = {
    "help": Effect(shows(HelpScreen)),
    "palette": Effect(shows(CommandPalette)),
    "copy": Effect(lambda app: len(app.clipboard) > 100),
    "export": Effect(asked("export")),
    "back": Effect(lambda app: app.screen is app.browser and not app.screen.prompt.display),
    "quit": Effect(lambda app: app.left),
}

SCREENS = {
    BrowserScreen: ((), BROWSER),
    HistoryScreen: (("h",), HISTORY),
    IncidentScreen: (("p",), INCIDENT),
    FindingsScreen: (("exclamation_mark",), FINDINGS),
    SourcesScreen: (("i",), SOURCES),
    TopScreen: (("t",), TOP),
}
"""Each screen, the keys that lead to it, and what its own commands do."""


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.__name__)
def test_no_command_is_without_an_expectation(screen: type) -> None:
    _, effects = SCREENS[screen]
    assert set(effects) | set(EVERYWHERE) == {one.name() for one in screen.all_commands()}


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.__name__)
async def test_each_key_has_its_effect(
    screen: type,
    browse: Callable[..., Any],
    press: Callable[..., Any],
    key: Callable[..., Any],
    rest: Callable[..., Any],
    monkeypatch: Any,
) -> None:
    way, own = SCREENS[screen]
    effects = {**EVERYWHERE, **own}
    async with browse("demo", size=(120, 40)) as pilot:
        app = pilot.app
        monkeypatch.setattr(app, "exit", lambda: setattr(app, "left", True))
        for command in screen.all_commands():
            for pressed in command.key.split(","):
                begin_again(app)
                effect = effects[command.name()]
                await do(pilot, press, *way, *effect.after)
                assert not effect.now(app), f"{pressed}: it is so before {command.title()}"
                await key(pilot, pressed)
                await rest(pilot)
                assert effect.now(app), f"{pressed}: {command.title()}"


def begin_again(app: EtcdpodApp) -> None:
    """As it was after opening."""
    while app.screen is not app.browser:
        app.pop_screen()
    browser = app.browser
    browser.prompt.close()
    browser.remove_class("zoomed", "sidebar-toggled")
    browser.namespace = None
    browser.travel(None)
    browser.open_kind(next(kind for kind in app.state.catalog.kinds if kind.label == "pods"))
    browser.objects.change(deleted=True)
    browser.objects.cursor = 0
    browser.objects.focus()
    browser.detail.open_tab("Timeline")
    app.left, app._clipboard = False, ""


async def do(pilot: Any, press: Callable[..., Any], *steps: str | Check) -> None:
    """Press keys and do other things, and rest after each."""
    await press(pilot)
    for step in steps:
        if callable(step):
            step(pilot.app)
            await press(pilot)
        else:
            await press(pilot, step)
