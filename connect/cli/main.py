"""``headgate``: start a worker, operate one over its REST API, watch change events."""

from __future__ import annotations

import importlib.metadata
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from connect.api.errors import HeadgateError
from connect.cli import operate, watch
from connect.cli.client import ClientError

__all__ = ["app", "main"]

app = typer.Typer(
    name="headgate", no_args_is_help=True, add_completion=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="Change data capture for Kafka: run workers, operate connectors, watch changes.",
)


@app.command()
def worker(
    properties: Annotated[Path, typer.Argument(help="worker properties, as for Kafka Connect; CONNECT_* variables add to them")],
) -> None:
    """Run a worker until it is told to stop (Ctrl-C or SIGTERM)."""
    _readable(properties)
    from connect.cli.worker import run_worker

    raise typer.Exit(run_worker(properties, forks=True))


@app.command()
def standalone(
    properties: Annotated[Path, typer.Argument(help="worker properties")],
    connectors: Annotated[list[Path], typer.Argument(help="connectors: .properties or .json")],
) -> None:
    """Run one worker by itself, with these connectors."""
    for file in (properties, *connectors):
        _readable(file)
    from connect.cli.standalone import run_standalone

    raise typer.Exit(run_standalone(properties, connectors, forks=True))


@app.command()
def version(output: operate.Output = operate.Format.TABLE) -> None:
    """Print this program's version and which core it runs on."""
    from schemas import core_select
    from schemas.core import writer  # noqa: F401  (so that the core in use is known)

    told = {"version": importlib.metadata.version("headgate"), "core": core_select.implementation()}
    print(json.dumps(told) if output is operate.Format.JSON else f"headgate {told['version']} ({told['core']} core)")


def _readable(file: Path) -> None:
    try:
        with file.open("rb"):
            pass
    except OSError as e:
        raise ClientError(f"cannot read {file}: {e.strerror or e}") from e


operate.register(app)
watch.register(app)


def main() -> None:
    """The console script: one line for an error, no traceback; exit code 1, or 2 for a wrong command line."""
    try:
        app()
    except (ClientError, HeadgateError) as e:
        print(f"headgate: {e}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)


if __name__ == "__main__":
    main()
