"""``headgate tail``: change events of topics as they come, decoded, one line each."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("tail")(tail)


def tail(
    topics: Annotated[list[str], typer.Argument(help="topics; * is a wildcard (quote it)")],
    bootstrap: Annotated[str, typer.Option(
        "--bootstrap", "-b", envvar="HEADGATE_BOOTSTRAP", help="Kafka brokers")] = "127.0.0.1:9092",
    registry: Annotated[str | None, typer.Option(
        "--registry", "-r", envvar="HEADGATE_REGISTRY_URL", help="schema registry, for Avro")] = None,
    from_beginning: Annotated[bool, typer.Option(
        "--from-beginning", help="everything in the topics, not only what comes")] = False,
    maximum: Annotated[int | None, typer.Option("--max", min=1, help="stop after this many records")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object a line")] = False,
    exit_at_end: Annotated[bool, typer.Option("--exit-at-end", help="everything up to the end, then stop")] = False,
    option: Annotated[list[str] | None, typer.Option("--option", "-X", help="librdkafka property=value, e.g. for SASL")] = None,
) -> None:
    """Watch change events: operation, key, changed columns, position."""
    from connect.cli.tail import Tail

    try:
        Tail(topics, bootstrap, registry, option or []).run(
            sys.stdout, from_beginning=from_beginning, maximum=maximum, as_json=as_json, exit_at_end=exit_at_end)
    except KeyboardInterrupt:
        raise typer.Exit(0) from None
