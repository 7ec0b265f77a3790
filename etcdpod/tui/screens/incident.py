"""The incident view: all pods as lanes over time, the nodes below them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.message import Message
from textual.widgets import Static

from etcdpod.errors import UsageError
from etcdpod.forensics.incident.lanes import node_lanes, pod_lanes
from etcdpod.forensics.incident.model import first_shown
from etcdpod.tui import commands
from etcdpod.tui.messages import Progress, Said, ShowHistory, TravelTo
from etcdpod.tui.model.incident import (
    ORDERS,
    Lanes,
    changes_of,
    incident_export,
    legend_lines,
    reading,
)
from etcdpod.tui.model.objects.navigation import locate
from etcdpod.tui.screens.command_screen import CommandScreen
from etcdpod.tui.threads import Cancelled, in_thread
from etcdpod.tui.widgets.lane_chart import LaneChart
from etcdpod.tui.widgets.lines import Lines
from etcdpod.tui.widgets.prompt import Prompt

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.widget import Widget

    from etcdpod.tui.commands import Command
    from etcdpod.tui.export import Exportable
    from etcdpod.tui.model.browser_state import BrowserState
    from etcdpod.tui.threads import Stopped

SVG_COLUMNS = 1000
"""Pixels of the axis in an exported picture."""

NARROWEST = 4
"""The smallest span of the axis, in revisions."""


@dataclass
class LanesRead(Message):
    """All lanes were read."""

    lanes: Lanes


class IncidentScreen(CommandScreen):
    """Lanes, a time cursor, and what the selected lane shows there.

    Args:
        state: the open sources.
        namespace: whose pods; None for all.
        at: where the time cursor starts; None: the newest revision.
    """

    CSS_PATH = "incident.tcss"
    KEYS: ClassVar[Sequence[type[Command]]] = commands.INCIDENT
    TITLE_TEXT = "incident"

    def __init__(self, state: BrowserState, namespace: str | None, at: int | None) -> None:
        super().__init__(state)
        self.namespace = namespace
        self.at = at
        self.order = ORDERS[0]
        self.words = ""
        self._lanes: Lanes | None = None
        self._wants_trouble = False
        self._span: tuple[int, int] | None = None

    def body(self) -> Iterable[Widget]:
        """A caption, the chart, what it says under the cursor, the legend."""
        yield Static(id="caption", markup=False)
        yield LaneChart(id="lanes")
        yield Lines(id="reading")

    def on_mount(self) -> None:
        """Read the lanes in a thread."""
        self.query_one("#reading", Lines).can_focus = False
        self.chart.focus()
        self.about = "incident"
        self.refresh_title()
        in_thread(self, self._work, "lanes")

    @property
    def chart(self) -> LaneChart:
        """The lanes."""
        return self.query_one(LaneChart)

    def _work(self, stopped: Stopped) -> None:
        registry = self.state.registry

        def progress(count: int) -> None:
            if stopped():
                raise Cancelled
            self.app.post_message(Progress(f"reading pods … {count:,} revisions", "lanes"))

        try:
            lanes = Lanes(pod_lanes(registry, progress=progress), node_lanes(registry))
            self.post_message(LanesRead(lanes))
        except Cancelled:
            pass
        finally:
            self.app.post_message(Progress("", "lanes"))

    @on(LanesRead)
    def _take(self, event: LanesRead) -> None:
        event.stop()
        self._lanes = event.lanes
        self.chart.empty = "no pods"
        self._span = self._whole_span()
        self._show()
        if self._wants_trouble:
            self.action_first_trouble()

    def _whole_span(self) -> tuple[int, int]:
        """From the first revision that shows a pod to the newest."""
        state = self.state
        return first_shown(self._lanes.pods if self._lanes else (), state.oldest), state.newest

    def _show(self) -> None:
        if self._lanes is None or self._span is None:
            return
        chart = self.chart
        lanes = self._lanes.chosen(self.namespace, self.words, self.order)
        chart.load(lanes)
        axis = self.state.times.axis(*self._span, chart.columns)
        revision = chart.revision or (self.at if self.at is not None else axis.last)
        chart.show(lanes, axis, min(max(revision, axis.first), axis.last))
        where = self.namespace or "all namespaces"
        parts = [where, f"{len(lanes) - len(self._lanes.nodes)} pods", f"by {self.order}"]
        if self.words:
            parts.append(f"/{self.words}")
        parts.append(f"rev {axis.first} to {axis.last}")
        self.query_one("#caption", Static).update("  ·  ".join(parts))

    def times_known(self) -> None:
        """The axis can be laid out by time."""
        self._show()

    def on_resize(self) -> None:
        """The axis has as many columns as there is room."""
        self._show()

    @on(LaneChart.CursorMoved)
    def _moved(self) -> None:
        chart = self.chart
        if chart.lane is not None and chart.axis is not None:
            said = reading(chart.lane, chart.axis, chart.revision)
            below = self.query_one("#reading", Lines)
            below.show([said, *legend_lines(chart.lanes, self.size.width)])

    @on(LaneChart.LaneChosen)
    def _chosen(self) -> None:
        self.action_lane_history()

    # --- keys -------------------------------------------------------------------------------

    def _step(self, columns: int) -> None:
        """Move the cursor by columns, at least to another revision."""
        chart = self.chart
        if chart.axis is None:
            return
        axis = chart.axis
        column = axis.position(chart.revision) + columns
        revision = chart.revision
        while 0 <= column < axis.columns and revision == chart.revision:
            revision = axis.revision_at(column)
            column += 1 if columns > 0 else -1
        if revision == chart.revision:
            revision += 1 if columns > 0 else -1
        at_the_end = columns > 0 and axis.position(revision) == axis.columns - 1
        chart.point_at(axis.last if at_the_end else revision)

    def action_cursor_left(self) -> None:
        """Earlier."""
        self._step(-1)

    def action_cursor_right(self) -> None:
        """Later."""
        self._step(1)

    def action_previous_event(self) -> None:
        """Where the lane changed before."""
        lane = self.chart.lane
        if lane is not None:
            earlier = [r for r in changes_of(lane) if r < self.chart.revision]
            if earlier:
                self.chart.point_at(earlier[-1])

    def action_next_event(self) -> None:
        """Where the lane changes next."""
        lane = self.chart.lane
        if lane is not None:
            later = [r for r in changes_of(lane) if r > self.chart.revision]
            if later:
                self.chart.point_at(later[0])

    def action_first_trouble(self) -> None:
        """Where the trouble of the lane begins."""
        lane = self.chart.lane
        self._wants_trouble = self._lanes is None  # pressed early: done once there are lanes
        if lane is not None and lane.first_trouble is not None:
            self.chart.point_at(lane.first_trouble)

    def _zoom(self, factor: float) -> None:
        if self._span is None or self.chart.axis is None:
            return
        whole = self._whole_span()
        first, last = self._span
        length = max(int((last - first) * factor), NARROWEST)
        share = (self.chart.revision - first) / max(last - first, 1)
        start = max(int(self.chart.revision - length * share), whole[0])
        self._span = start, min(start + length, whole[1])
        self._show()

    def action_zoom_in(self) -> None:
        """Half of the span."""
        self._zoom(0.5)

    def action_zoom_out(self) -> None:
        """Twice the span."""
        self._zoom(2.0)

    def action_zoom_all(self) -> None:
        """The whole span."""
        self._span = self._whole_span()
        self._show()

    def action_sort_lanes(self) -> None:
        """The next order."""
        self.order = ORDERS[(ORDERS.index(self.order) + 1) % len(ORDERS)]
        self._show()

    def action_lane_namespace(self) -> None:
        """The next namespace."""
        if self._lanes is None:
            return
        names: list[str | None] = [None, *self._lanes.namespaces]
        place = names.index(self.namespace) if self.namespace in names else 0
        self.namespace = names[(place + 1) % len(names)]
        self._show()

    def action_filter_rows(self) -> None:
        """Ask for a filter."""
        self.prompt.ask("lanes", "/", text=self.words)

    @on(Prompt.Typed)
    def _typed(self, event: Prompt.Typed) -> None:
        if event.question == "lanes":
            self.words = event.text
            self._show()

    def answered(self, question: str, text: str) -> None:
        """Show the lanes that match the filter."""
        if question == "lanes":
            self.words = text
            self._show()

    def action_lane_history(self) -> None:
        """Open the history of the lane at the cursor's revision."""
        lane = self.chart.lane
        if lane is None:
            return
        state = self.state
        at = self.chart.revision if self.chart.revision < state.newest else None
        kind = state.registry.resolve(lane.kind).kind
        try:
            place = locate(state, kind, lane.namespace, lane.name)
        except UsageError as error:
            self.post_message(Said(str(error), problem=True))
            return
        self.app.post_message(ShowHistory(place.subject(state, at)))

    def action_lane_travel(self) -> None:
        """Take the browser to this revision."""
        self.app.post_message(TravelTo(self.chart.revision))

    def action_back(self) -> None:
        """Close what is open, the screen last."""
        if self.prompt.display and self.words:
            self.words = ""
            self._show()
            self.prompt.close()
        elif not self.prompt.display and self.words:
            self.words = ""
            self._show()
        else:
            super().action_back()

    def exported(self) -> Exportable | None:
        """The picture."""
        if self._span is None or not self.chart.lanes:
            return None
        axis = self.state.times.axis(*self._span, SVG_COLUMNS)
        return incident_export(list(self.chart.lanes), axis, self.state.name)
