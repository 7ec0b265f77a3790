"""A history as something that can be written to a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.kubectl.formats import json as json_text
from etcdpod.kubectl.formats.yaml import dumps
from etcdpod.tui.export import Exportable, fenced, file_name
from etcdpod.tui.model.text import clock_text

if TYPE_CHECKING:
    from etcdpod.tui.model.history.object_history import HistoryEntry, ObjectHistory
    from etcdpod.tui.model.viewed_object import ViewedObject


def history_export(
    subject: ViewedObject, life: ObjectHistory, view: str, difference: str
) -> Exportable:
    """The revisions of an object, and the difference that is shown beside them."""
    title = f"history of {subject.kind or 'key'} {subject.full_name}"

    def markdown() -> str:
        rows = "\n".join(_row(entry) for entry in life.entries)
        table = "| revision | time (UTC) | who | what |\n|---|---|---|---|\n" + rows
        missing = "\n".join(f"* {sentence}" for sentence in life.missing)
        head = f"# {title}\n\nread from {subject.state.info.target}\n\n"
        return f"{head}{missing}\n\n{table}\n\n{fenced(view, difference, 'diff')}"

    formats = {
        ".md": markdown,
        ".diff": lambda: difference + "\n",
        ".yaml": lambda: dumps(_fields(life)),
        ".json": lambda: json_text.pretty(_fields(life)) + "\n",
    }
    name = file_name("history", subject.namespace, subject.name, ending=".md")
    return Exportable(title, name, formats)


def _row(entry: HistoryEntry) -> str:
    cells = (str(entry.revision), clock_text(entry.time), entry.who, entry.what)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _fields(life: ObjectHistory) -> list[dict[str, Any]]:
    return [
        {
            "event": entry.step.event,
            "revision": entry.revision,
            "time": None if entry.time is None else entry.time.isoformat(),
            "writer": entry.who,
            "summary": list(entry.step.summary),
            "changes": [
                {"path": one.path, "op": one.op, "before": one.before, "after": one.after}
                for one in entry.step.changes
            ],
        }
        for entry in life.entries
    ]
