"""Commands on a running worker, in the shape of kcctl: ``get``, ``describe``, ``apply``, ``restart``, ``pause`` …"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from connect.cli.client import Client, ClientError
from connect.cli.show import properties, table

__all__ = ["Format", "Output", "register"]


class Format(StrEnum):
    """How to print."""

    TABLE = "table"
    JSON = "json"


Output = Annotated[Format, typer.Option("--output", "-o", help="table or json")]
Url = Annotated[str, typer.Option("--url", envvar="HEADGATE_URL", help="any worker of the cluster")]
Names = Annotated[list[str], typer.Argument(help="names; * and ? are wildcards")]
_DEFAULT_URL = "http://127.0.0.1:8083"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(info)
    app.command()(connectors)
    app.command()(apply)
    app.add_typer(_get(), name="get")
    app.add_typer(_describe(), name="describe")
    for verb, doing in _VERBS.items():
        app.add_typer(_verb(verb, doing), name=verb)


def _json(value: Any) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))


def info(url: Url = _DEFAULT_URL, output: Output = Format.TABLE) -> None:
    """The worker: versions, core, Kafka cluster, health."""
    client = Client(url)
    root = client.call("GET")
    if output is Format.JSON:
        _json(root)
    else:
        properties({"url": client.url, **root})


def connectors(url: Url = _DEFAULT_URL, output: Output = Format.TABLE) -> None:
    """List the connectors and their states."""
    found = Client(url).call("GET", "connectors", query={"expand": ["info", "status"]})
    if output is Format.JSON:
        _json(found)
        return
    rows = []
    for name, entry in sorted(found.items()):
        status = entry["status"]
        states = [t["state"] for t in status["tasks"]]
        tasks = " ".join(f"{i}:{s}" for i, s in enumerate(states)) or "-"
        rows.append([name, status["type"], status["connector"]["state"], tasks, status["connector"]["worker_id"]])
    table(["NAME", "TYPE", "STATE", "TASKS", "WORKER"], rows)


def apply(
    files: Annotated[list[str], typer.Option(
        "--file", "-f", help="JSON: {name, config} or a flat configuration with name; - is stdin")],
    url: Url = _DEFAULT_URL,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="validate only")] = False,
) -> None:
    """Create connectors, or replace their configurations."""
    client = Client(url)
    wanted = [_connector(file) for file in files]
    failed = False
    for name, config in wanted:
        if dry_run:
            failed |= _validated(client, name, config)
            continue
        before = name in client.call("GET", "connectors")
        client.call("PUT", "connectors", name, "config", body=config)
        print(f"{'updated' if before else 'created'} connector {name}")
    if failed:
        raise typer.Exit(1)


def _validated(client: Client, name: str, config: dict[str, Any]) -> bool:
    plugin = config.get("connector.class")
    if not plugin:
        raise ClientError(f"connector {name}: connector.class is missing")
    report = client.call("PUT", "connector-plugins", str(plugin), "config", "validate", body={**config, "name": name})
    errors = [e for c in report["configs"] for e in (c["value"] or {}).get("errors", [])]
    print(f"connector {name}: {f'{len(errors)} error(s)' if errors else 'valid'}")
    for error in errors:
        print(f"  {error}")
    return bool(errors)


def _connector(file: str) -> tuple[str, dict[str, Any]]:
    """Name and configuration in a file."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        value = json.loads(text)
    except OSError as e:
        raise ClientError(f"cannot read {file}: {e.strerror or e}") from e
    except ValueError as e:
        raise ClientError(f"{file} is not JSON: {e}") from e
    if not isinstance(value, dict):
        raise ClientError(f"{file}: expected an object, {{\"name\": …, \"config\": {{…}}}} or a flat configuration")
    config = value.get("config", value)
    if not isinstance(config, dict):
        raise ClientError(f"{file}: expected an object as config")
    name = value.get("name") or config.get("name")
    if not isinstance(name, str) or not name:
        raise ClientError(f"{file}: name is missing")
    return name, config


def _get() -> typer.Typer:
    app = typer.Typer(no_args_is_help=True, help="List connectors, plugins, offsets or loggers.")
    app.command("connectors")(connectors)

    @app.command("plugins")
    def plugins(
        all_: Annotated[bool, typer.Option("--all", help="converters, transforms … as well")] = False,
        url: Url = _DEFAULT_URL, output: Output = Format.TABLE,
    ) -> None:
        """List the plugins of the worker."""
        found = Client(url).call("GET", "connector-plugins", query={"connectorsOnly": str(not all_).lower()})
        if output is Format.JSON:
            _json(found)
        else:
            table(["TYPE", "CLASS", "VERSION"], [[p["type"], p["class"], p.get("version", "")] for p in found])

    @app.command("offsets")
    def offsets(name: Annotated[str, typer.Argument()], url: Url = _DEFAULT_URL, output: Output = Format.TABLE) -> None:
        """Show a connector's stored offsets."""
        found = Client(url).call("GET", "connectors", name, "offsets")
        if output is Format.JSON:
            _json(found)
        else:
            table(["PARTITION", "OFFSET"], [[_flat(e["partition"]), _flat(e["offset"])] for e in found["offsets"]])

    @app.command("loggers")
    def loggers(url: Url = _DEFAULT_URL, output: Output = Format.TABLE) -> None:
        """List loggers and levels."""
        found = Client(url).call("GET", "admin", "loggers")
        if output is Format.JSON:
            _json(found)
        else:
            table(["LOGGER", "LEVEL"], [[name, entry["level"]] for name, entry in sorted(found.items())])

    return app


def _flat(value: dict[str, Any]) -> str:
    return " ".join(f"{k}={json.dumps(v, ensure_ascii=False)}" for k, v in value.items())


def _describe() -> typer.Typer:
    app = typer.Typer(no_args_is_help=True, help="Show everything about a connector or a plugin.")

    @app.command("connector")
    def connector(names: Names, url: Url = _DEFAULT_URL, output: Output = Format.TABLE) -> None:
        """State, tasks with trace, topics, offsets and configuration."""
        client = Client(url)
        told = {}
        for name in client.names(names):
            one = {
                "info": client.call("GET", "connectors", name),
                "status": client.call("GET", "connectors", name, "status"),
                "topics": client.call("GET", "connectors", name, "topics")[name]["topics"],
                "offsets": client.call("GET", "connectors", name, "offsets")["offsets"],
            }
            told[name] = one
            if output is Format.TABLE:
                _show(name, one)
        if output is Format.JSON:
            _json(told)

    @app.command("plugin")
    def plugin(name: Annotated[str, typer.Argument()], url: Url = _DEFAULT_URL, output: Output = Format.TABLE) -> None:
        """The keys of a plugin."""
        keys = Client(url).call("GET", "connector-plugins", name, "config")
        if output is Format.JSON:
            _json(keys)
            return
        rows = [
            [k["name"], k["type"], "required" if k["required"] else k["default_value"] or "", k["documentation"]] for k in keys
        ]
        table(["KEY", "TYPE", "DEFAULT", "MEANING"], rows)

    return app


def _show(name: str, one: dict[str, Any]) -> None:
    status = one["status"]
    properties({"name": name, "type": status["type"], "state": status["connector"]["state"],
                "worker": status["connector"]["worker_id"], "topics": ", ".join(one["topics"]) or "-"})
    _trace(status["connector"])
    for task in status["tasks"]:
        condition = f" ({task['condition']})" if task.get("condition") else ""
        print(f"task {task['id']}: {task['state']}{condition} on {task['worker_id']}")
        _trace(task)
    for entry in one["offsets"]:
        print(f"offset of {_flat(entry['partition'])}: {_flat(entry['offset'])}")
    print("config:")
    properties(dict(sorted(one["info"]["config"].items())), indent=2)


def _trace(state: dict[str, Any]) -> None:
    for line in (state.get("trace") or "").rstrip().splitlines():
        print(f"  {line}")


_VERBS: dict[str, tuple[str, str, str]] = {
    "restart": ("POST", "restart", "restarted"),
    "pause": ("PUT", "pause", "paused"),
    "resume": ("PUT", "resume", "resumed"),
    "stop": ("PUT", "stop", "stopped"),
    "delete": ("DELETE", "", "deleted"),
}


def _verb(verb: str, doing: tuple[str, str, str]) -> typer.Typer:
    method, path, done = doing
    app = typer.Typer(no_args_is_help=True, help=f"{verb.capitalize()} connectors{' or a task' if verb == 'restart' else ''}.")

    def each(url: str, names: list[str], query: dict[str, Any] | None = None) -> None:
        client = Client(url)
        for name in client.names(names):
            client.call(method, "connectors", name, *([path] if path else []), query=query)
            print(f"{done} connector {name}")

    if verb != "restart":
        def simple(names: Names, url: Url = _DEFAULT_URL) -> None:
            each(url, names)

        _named(app, "connector", f"{verb.capitalize()} connectors.", simple)
        return app

    def restart(
        names: Names, url: Url = _DEFAULT_URL,
        include_tasks: Annotated[bool, typer.Option("--include-tasks", help="its tasks as well")] = False,
        only_failed: Annotated[bool, typer.Option("--only-failed", help="only what is FAILED")] = False,
    ) -> None:
        each(url, names, {"includeTasks": str(include_tasks).lower(), "onlyFailed": str(only_failed).lower()})

    def task(
        name: Annotated[str, typer.Argument()], number: Annotated[int, typer.Argument(min=0)], url: Url = _DEFAULT_URL,
    ) -> None:
        Client(url).call("POST", "connectors", name, "tasks", str(number), "restart")
        print(f"restarted task {name}-{number}")

    _named(app, "connector", "Restart connectors.", restart)
    _named(app, "task", "Restart one task.", task)
    return app


def _named(app: typer.Typer, name: str, text: str, function: Callable[..., None]) -> None:
    """A group of one command keeps its name only if it has a callback."""
    app.callback()(lambda: None)
    app.command(name, help=text)(function)
