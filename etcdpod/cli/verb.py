"""What every verb's ``--help`` looks like: its own options, those it shares, then examples."""

from __future__ import annotations

from functools import partial
from inspect import cleandoc
from typing import Any, Final

import click

SOURCE: Final = (
    *("sources", "prefixes", "wal_dir", "only_vouched", "encryption_config"),
    *("as_served", "show_secrets"),
)
CONNECTION: Final = (
    *("endpoints", "cacert", "cert", "key", "server_name", "insecure_skip_tls_verify"),
    *("user", "password", "dial_timeout", "command_timeout", "serializable"),
)
GROUPS: Final = (
    ("Options", None),
    ("Source options", SOURCE),
    ("Connection options (live etcd; each also as ETCDCTL_*)", CONNECTION),
)
"""Headings of options, and the parameters below each; None: those of the verb itself."""

PARAGRAPH: Final = "\b\n"
"""Click's mark of a paragraph that is not to be wrapped: here the examples, the last one."""


ALIASES: Final = {"only-vouched": "no-recovered"}
"""Former names of options, without dashes; they still work."""


class Verb(click.Command):
    """A command whose help groups its options and ends with the examples of its docstring."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """As click does, with the former names of options."""
        extra.setdefault("token_normalize_func", lambda word: ALIASES.get(word, word))
        return super().make_context(info_name, args, parent, **extra)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The docstring without its examples."""
        text, _, _ = (self.help or "").replace("\\b\n", PARAGRAPH).rpartition(PARAGRAPH)
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(cleandoc(text))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Options under their headings; shared ones have the same order everywhere."""
        shared = {*SOURCE, *CONNECTION}
        options = [p for p in self.get_params(ctx) if isinstance(p, click.Option)]
        rows = {option.name: row for option in options if (row := option.get_help_record(ctx))}
        for heading, names in GROUPS:
            chosen = [n for n in rows if n not in shared] if names is None else names
            found = [rows[name] for name in chosen if name in rows]
            if found:
                with formatter.section(heading):
                    formatter.write_dl(found)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The examples, as they are written."""
        _, _, examples = (self.help or "").replace("\\b\n", PARAGRAPH).rpartition(PARAGRAPH)
        if examples.strip():
            with formatter.section("Examples"):
                for line in examples.strip().splitlines():
                    formatter.write(f"  {line.strip()}\n")


verb = partial(click.command, cls=Verb)
"""``click.command`` for verbs."""
