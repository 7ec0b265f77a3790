"""``etcdpod timeline``: pods as lanes over time, as text or as a picture."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import click

from etcdpod.cli.completion import complete_namespace
from etcdpod.cli.diagnostics import say
from etcdpod.cli.moments import revision_at
from etcdpod.cli.options import open_session, outcome, source_options, terminal_colour
from etcdpod.cli.provenance import say_carved
from etcdpod.cli.serialise import items, output_option
from etcdpod.cli.stdout import write, write_lines
from etcdpod.cli.verb import verb
from etcdpod.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from etcdpod.forensics.incident.model import Axis, Lane
    from etcdpod.session import Session, SourceOptions

PIPED_COLUMNS = 100
"""Columns of the axis where stdout is no terminal."""

SVG_PIXELS = 1000
"""Pixels of the axis in a picture."""


@verb("timeline")
@click.option(
    "-n",
    "--namespace",
    metavar="NS",
    help="Only pods of this namespace.",
    shell_complete=complete_namespace,
)
@click.option("--since", metavar="WHEN", help="Start at this moment: a revision, a time, or -10m.")
@click.option("--until", metavar="WHEN", help="End at this moment: a revision, a time, or -10m.")
@click.option(
    "--sort",
    type=click.Choice(["birth", "trouble", "name"]),
    default="birth",
    show_default=True,
    help="Order of the pods.",
)
@click.option(
    "--width",
    type=click.IntRange(20, 4000),
    help="Width of the time axis, in columns (svg: pixels).",
)
@output_option("svg")
@source_options
def command(
    namespace: str | None,
    since: str | None,
    until: str | None,
    sort: str,
    width: int | None,
    output: str | None,
    options: SourceOptions,
) -> ExitCode:
    r"""Draw every pod as a lane over time: its states, restarts, moves and deletion.

    \b
    etcdpod timeline -n shop --from demo
    etcdpod timeline -o svg --from demo-end > incident.svg
    """
    with open_session(options) as session:
        pods, nodes = _lanes(session, namespace, sort)
        if not pods:
            where = f" in namespace {namespace}" if namespace else ""
            say(f"No pods were ever found{where}.")
            return outcome(session, ExitCode.NOT_FOUND)
        axis = _axis(session, pods, since, until, _columns(width, output, [*pods, *nodes]))
        shown = [lane for lane in pods if _overlaps(lane, axis)] + nodes
        if output == "svg":
            from etcdpod.forensics.incident.svg import lanes_svg

            heading = " + ".join(options.targets) or session.info.target
            write([lanes_svg(shown, axis, heading=heading)])
        elif output is not None:
            from etcdpod.forensics.incident.model import lane_fields

            write(items(map(lane_fields, shown), output))
        else:
            from etcdpod.forensics.incident.text import draw_lanes

            write_lines(draw_lanes(shown, axis, colour=terminal_colour()))
        if any(lane.left_over is not None for lane in shown):
            say_carved("the lanes")
        return outcome(session)


def _lanes(session: Session, namespace: str | None, sort: str) -> tuple[list[Lane], list[Lane]]:
    from etcdpod.forensics.incident.lanes import node_lanes, pod_lanes

    pods = pod_lanes(session.registry, namespace)
    if sort == "trouble":
        pods.sort(key=_first_trouble)
    elif sort == "name":
        pods.sort(key=lambda lane: (lane.namespace, lane.name))
    return pods, node_lanes(session.registry)


def _first_trouble(lane: Lane) -> tuple[bool, int]:
    """Lanes without any trouble come last, by birth."""
    trouble = lane.first_trouble
    return trouble is None, lane.first if trouble is None else trouble


def _axis(
    session: Session, pods: list[Lane], since: str | None, until: str | None, columns: int
) -> Axis:
    from etcdpod.forensics.incident.axis import axis_moments
    from etcdpod.forensics.incident.model import Axis, first_shown

    info = session.info
    end = revision_at(session, until)
    last = info.current_revision if end is None else min(end, info.current_revision)
    begin = revision_at(session, since)
    if begin is None:
        begin = first_shown(pods, info.compact_revision)
    if begin > last:
        raise UsageError(f"there is nothing between revision {begin} and {last}")
    return Axis(begin, last, columns, axis_moments(session.registry.clock, begin, last))


def _columns(width: int | None, output: str | None, lanes: list[Lane]) -> int:
    """What is left of the terminal beside names and notes; at least half of it."""
    if width is not None:
        return width
    if output is not None:
        return SVG_PIXELS
    if not sys.stdout.isatty():
        return PIPED_COLUMNS
    from etcdpod.forensics.incident.text import NAME_WIDTH, title

    terminal = shutil.get_terminal_size().columns
    names = min(max(len(title(lane)) for lane in lanes), NAME_WIDTH)
    notes = min(max(len(lane.note) for lane in lanes), terminal // 4)
    return max(terminal - names - notes - 3, terminal // 2)


def _overlaps(lane: Lane, axis: Axis) -> bool:
    end = max([span.end for span in lane.spans] + [mark.revision for mark in lane.marks], default=0)
    return lane.first <= axis.last and end >= axis.first
