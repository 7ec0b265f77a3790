"""``etcdpod decode``: single values, as another tool pipes them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from etcdpod.cli.diagnostics import guarded, say
from etcdpod.cli.serialise import document
from etcdpod.cli.stdout import write
from etcdpod.cli.verb import verb
from etcdpod.errors import ExitCode, SourceError
from etcdpod.kube.codec import Decoded, Decoder
from etcdpod.kube.model.secret import mask
from etcdpod.kubectl.formats.unknown import unknown_fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.records import Encrypted, Undecodable

LARGEST = 256 << 20
"""Bytes read of one value at most; etcd's own limit for a request is 1.5 MiB."""


@verb("decode")
@click.argument("files", nargs=-1, metavar="[FILE…|-]")
@click.option(
    "-o",
    "--output",
    type=click.Choice(["yaml", "json", "jsonl"]),
    default="yaml",
    help="Output format.",
)
@click.option("--key", default="", help="The etcd key of the value.")
@click.option("--as-served", is_flag=True, help="Apply API-server defaulting and conversion.")
@click.option("--show-secrets", is_flag=True, help="Do not mask the data of Secrets.")
def command(
    files: tuple[str, ...], output: str, key: str, as_served: bool, show_secrets: bool
) -> int:
    r"""Decode stored values to YAML or JSON; without FILE, the value on standard input.

    \b
    etcdctl get /registry/pods/shop/db-0 --print-value-only | etcdpod decode
    etcdpod decode -o json --key /registry/pods/shop/db-0 value.bin
    """
    decoder = Decoder(as_served=as_served)

    def run() -> ExitCode:
        worst = ExitCode.FOUND
        for position, name in enumerate(files or ("-",)):
            try:
                found = decode_value(decoder, key.encode(), _read(name))
            except SourceError as error:
                worst = max(worst, error.exit_code)
                _refuse(output, str(error))
                continue
            if isinstance(found, Decoded):
                hide = found.kind == "Secret" and not show_secrets
                for remark in unknown_fields(found, hide=hide):
                    say(f"etcdpod: {name}: {remark}")
                shown = found.object if show_secrets else mask(found.object)
                write(_text(shown, output, first=position == 0))
            else:
                worst = max(worst, ExitCode.DAMAGED)
                _refuse(output, f"{name}: {found}")
        return worst

    return guarded(run)


def decode_value(decoder: Decoder, key: bytes, value: bytes) -> Decoded | Encrypted | Undecodable:
    """The object in a value, or in what ``etcdctl get KEY`` prints: the key, then the value.

    The newline that etcdctl adds after a value does no harm.
    """
    found = decoder.decode(key, value)
    if isinstance(found, Decoded):
        return found
    line, _, rest = value.partition(b"\n")
    variants = [(key, value.removesuffix(b"\n"))]
    if line.startswith(b"/"):
        variants += [(key or line, rest), (key or line, rest.removesuffix(b"\n"))]
    for named, content in variants:
        other = decoder.decode(named, content)
        if isinstance(other, Decoded):
            return other
    return found


def _read(name: str) -> bytes:
    try:
        if name == "-":
            value = sys.stdin.buffer.read(LARGEST + 1)
        else:
            with Path(name).open("rb") as file:
                value = file.read(LARGEST + 1)
    except OSError as error:
        raise SourceError(error.strerror or "cannot be read", path=name) from error
    if len(value) > LARGEST:
        raise SourceError("larger than any etcd value", path=name)
    return value


def _refuse(output: str, reason: str) -> None:
    if output == "jsonl":
        write(document({"error": reason}, output))
    else:
        say(f"etcdpod: {reason}")


def _text(shown: dict[str, Any], output: str, *, first: bool) -> Iterator[str]:
    if output == "yaml" and not first:
        yield "---\n"
    yield from document(shown, output)
