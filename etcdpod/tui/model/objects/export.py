"""An object, and what is shown of it, as something that can be written to a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.errors import NotFoundError
from etcdpod.kubectl.formats import json as json_text
from etcdpod.kubectl.formats.yaml import dumps
from etcdpod.tui.export import Exportable, fenced, file_name
from etcdpod.tui.model.viewed_object import read_viewed

if TYPE_CHECKING:
    from typing import Any

    from etcdpod.tui.model.viewed_object import ViewedObject


def object_export(subject: ViewedObject, pane_name: str, pane: str) -> Exportable:
    """The object under the cursor as of the revision shown, or what a pane shows of it.

    Args:
        subject: the object.
        pane_name: what the pane shows, for the heading in Markdown.
        pane: its text.
    """
    moment = "newest" if subject.at is None else f"as of revision {subject.at}"
    title = f"{subject.kind or 'key'} {subject.full_name}, {moment}"

    def markdown() -> str:
        source = subject.state.info.target
        head = f"# {title}\n\nread from {source}\n\n"
        text = fenced("YAML", dumps(_object(subject)), "yaml")
        return head + text + "\n" + fenced(pane_name, pane, "text")

    formats = {
        ".yaml": lambda: dumps(_object(subject)),
        ".json": lambda: json_text.pretty(_object(subject)) + "\n",
        ".md": markdown,
        ".txt": lambda: pane + "\n",
    }
    at = "" if subject.at is None else f"rev{subject.at}"
    name = file_name(subject.kind.lower(), subject.namespace, subject.name, at, ending=".yaml")
    return Exportable(title, name, formats)


def pane_export(subject: ViewedObject, pane_name: str, pane: str) -> Exportable:
    """The text of a pane about an object."""
    return text_export(f"{pane_name} of {subject.name}", f"{subject.name}-{pane_name}", pane)


def text_export(title: str, name: str, text: str) -> Exportable:
    """A text that is shown, to a file or the clipboard."""
    formats = {
        ".txt": lambda: text + "\n",
        ".md": lambda: fenced(title, text, "text"),
    }
    return Exportable(title, file_name(name, ending=".txt"), formats)


def _object(subject: ViewedObject) -> dict[str, Any]:
    item = read_viewed(subject)
    if item is None or item.object is None:
        reason = "it is not kept" if item is None else str(item.outcome)
        raise NotFoundError(f"{subject.name} cannot be written: {reason}")
    return item.object
