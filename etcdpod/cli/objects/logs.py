"""``etcdpod logs``: that etcd holds none, where they lie, and what is known of each run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from etcdpod.cli.completion import complete_words
from etcdpod.cli.moments import revision_at
from etcdpod.cli.options import (
    at_option,
    namespace_option,
    open_session,
    outcome,
    source_options,
)
from etcdpod.cli.serialise import document, output_option
from etcdpod.cli.stdout import write, write_lines
from etcdpod.cli.verb import verb
from etcdpod.errors import DecodeError, NotFoundError, UsageError
from etcdpod.history.named import parse_object
from etcdpod.history.text.diff import one_line
from etcdpod.registry.query import Query, records

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from etcdpod.errors import ExitCode
    from etcdpod.forensics.explain.container_logs import ContainerLogs, PodLogs, Run
    from etcdpod.history.lives import Registry
    from etcdpod.history.named import Target
    from etcdpod.registry.objects import Item
    from etcdpod.session import SourceOptions

NO_LOGS = "etcd holds no logs: a container's output is in files on its node."
"""The first line of the answer: it is the answer to what was asked."""


@verb("logs")
@click.argument("words", nargs=-1, metavar="NS/POD", shell_complete=complete_words)
@namespace_option
@click.option("-c", "--container", metavar="NAME", help="Only this container.")
@at_option
@output_option()
@source_options
def command(
    words: tuple[str, ...],
    namespace: str | None,
    container: str | None,
    at: str | None,
    output: str | None,
    options: SourceOptions,
) -> ExitCode:
    r"""Show where the logs of a pod are stored, and how its containers ended.

    etcd holds no logs. This prints the node, the log files, restarts and exit codes.

    \b
    etcdpod logs shop/cart-678b77c888-gczq8 --from demo
    etcdpod logs shop/orders -c init-db --from demo
    """
    with open_session(options) as session:
        from etcdpod.forensics.explain.container_logs import pod_logs

        registry = session.registry
        target = parse_object(registry, words, namespace)
        if target.resource.kind != "Pod":
            raise UsageError(
                f"{target.resource.plural} write no logs, their pods do",
                next_step="name a pod, as NS/POD",
            )
        item = _pod(registry, target, revision_at(session, at))
        logs = pod_logs(registry, item)
        if logs is None:
            raise DecodeError(str(item.outcome), key=item.record.key)
        chosen = _chosen(logs, container)
        if output is None:
            write_lines(_lines(logs, chosen))
        else:
            fields = {**logs.as_json(), "containers": [one.as_json() for one in chosen]}
            write(document(fields, output))
        return outcome(session)


def _pod(registry: Registry, target: Target, at: int | None) -> Item:
    """The pod as it is, or as it was at a revision, or else as it last was."""
    query = Query(target.resource, target.namespace, target.name, at)
    try:
        (record,) = records(registry, query)
    except NotFoundError:
        gone = records(
            registry, Query(target.resource, target.namespace, target.name, deleted=True)
        )
        found = next(iter(gone), None) if at is None else None
        if found is None:
            raise
        record = found
    return registry.read(record)


def _chosen(logs: PodLogs, name: str | None) -> Sequence[ContainerLogs]:
    chosen = [container for container in logs.containers if name in (None, container.name)]
    if name is not None and not chosen:
        known = ", ".join(one_line(container.name) for container in logs.containers)
        raise NotFoundError(
            f"container {name} is not in pod {logs.namespace}/{logs.name}",
            next_step=f"there are: {known}",
        )
    return chosen


def _lines(logs: PodLogs, chosen: Sequence[ContainerLogs]) -> Iterator[str]:
    yield NO_LOGS
    yield ""
    name = one_line(f"{logs.namespace}/{logs.name}")
    yield f"Pod        {name}   uid {one_line(logs.uid)}   as of revision {logs.revision}"
    if logs.deleted_at is not None:
        yield (
            f"Deleted    at revision {logs.deleted_at}: the kubelet removes the log files "
            "with the pod"
        )
    address = f" ({one_line(logs.address)})" if logs.address else ""
    yield (
        f"Node       {one_line(logs.node)}{address}"
        if logs.node
        else "Node       none: never bound"
    )
    for container in chosen:
        yield ""
        yield from _container(container)
    if logs.node and logs.deleted_at is None:
        yield ""
        yield (
            f"With the cluster at hand: kubectl logs -n {one_line(logs.namespace)} "
            f"{one_line(logs.name)} -c CONTAINER [--previous]"
        )


def _container(container: ContainerLogs) -> Iterator[str]:
    yield f"● {container.sort} {one_line(container.name)}"
    state = one_line(container.state) or "no kubelet has reported it"
    since = f" since {one_line(container.started)}" if container.started else ""
    yield f"  State     {state}{since}"
    if container.says:
        yield f"            {one_line(container.says)}"
    yield f"  Restarts  {container.restarts}"
    for index, file in enumerate(container.files):
        yield f"  {'' if index else 'Files':<8}  {one_line(file.path)}   {file.says}"
    if not container.files:
        yield "  Files     none yet: the container never ran"
    if not container.runs:
        yield "  Runs      none that ended, in the revisions that are kept"
        return
    yield "  RUN  STARTED (UTC)         FINISHED (UTC)        ENDED"
    for run in container.runs:
        yield (
            f"  {run.number:>3}  {one_line(run.started):<20}  {one_line(run.finished):<20}  "
            f"{_end(run)}"
        ).rstrip()
        for line in run.message.splitlines():
            yield f"         {one_line(line)}"


def _end(run: Run) -> str:
    parts = [one_line(run.reason)] if run.reason else []
    parts.append(f"exit code {run.exit_code}")
    if run.signal:
        parts.append(f"signal {run.signal}")
    return f"{', '.join(parts)}   (revision {run.revision})"
