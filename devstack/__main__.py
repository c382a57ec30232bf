"""The command line: ``python -m devstack up kafka registry postgres``."""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from devstack.errors import DevstackError
from devstack.progress import Progress
from devstack.stack import SERVERS, Stack

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; the exit code is 1 when it could not be done."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
    except (DevstackError, OSError) as error:
        print(f"devstack: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("devstack: interrupted", file=sys.stderr)
        return 130
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m devstack", description="Real servers for the demo, tests and benchmarks, without Docker."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    known = ", ".join(SERVERS)

    def command(name: str, run: object, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        sub.add_argument("--directory", type=Path, default=Path(".devstack"), help="folder of the stack (default: .devstack)")
        return sub

    up = command("up", _up, "start servers and leave them running")
    up.add_argument("servers", nargs="*", metavar="SERVER", help=f"{known} (default: kafka registry postgres)")
    up.add_argument("--port", action="append", default=[], metavar="SERVER=PORT", help="a fixed port; else a free one")
    up.add_argument("--set", action="append", default=[], metavar="SERVER.KEY=VALUE", help="an extra setting of a server")
    down = command("down", _down, "stop servers; their data stay")
    down.add_argument("servers", nargs="*", metavar="SERVER", help="all when none is named")
    down.add_argument("--wipe", action="store_true", help="delete their data too")
    restart = command("restart", _restart, "stop and start servers with the same ports and data")
    restart.add_argument("servers", nargs="*", metavar="SERVER", help="all when none is named")
    command("status", _status, "show the servers, their addresses and processes")
    logs = command("logs", _logs, "show the log of a server")
    logs.add_argument("server", metavar="SERVER", help=known)
    logs.add_argument("-f", "--follow", action="store_true", help="go on as the log grows")
    logs.add_argument("-n", "--lines", type=int, default=100, help="how many of the last lines (default: 100)")
    command("env", _env, 'print shell exports with the addresses; use as: eval "$(python -m devstack env)"')
    return parser


def _up(options: argparse.Namespace) -> int:
    ports: dict[str, int] = {}
    for given in options.port:
        key, _, number = given.partition("=")
        if not number.isdigit():
            raise DevstackError(f"--port {given}: write SERVER=PORT, for example kafka=19092")
        ports[key] = int(number)
    settings: dict[str, dict[str, str]] = {}
    for given in options.set:
        key, found, value = given.partition("=")
        server, dot, setting = key.partition(".")
        if not (found and dot):
            raise DevstackError(f"--set {given}: write SERVER.KEY=VALUE, for example postgres.wal_sender_timeout=5s")
        settings.setdefault(server, {})[setting] = value
    names = options.servers or ["kafka", "registry", "postgres"]
    Stack(names, options.directory, ports=ports, settings=settings, progress=Progress()).start()
    return 0


def _down(options: argparse.Namespace) -> int:
    stack = Stack(options.servers or None, options.directory, progress=Progress())
    stack.stop()
    if options.wipe:
        stack.wipe()
    return 0


def _restart(options: argparse.Namespace) -> int:
    stack = Stack(options.servers or None, options.directory, progress=Progress())
    stack.stop()
    stack.start()
    return 0


def _status(options: argparse.Namespace) -> int:
    servers = Stack(None, options.directory).servers.values()
    if not servers:
        print(f"no server was ever started in {options.directory}")
    for server in servers:
        running = server.process
        pid = "-" if running is None else str(running.pid)
        print(f"{server.name:<12}{server.state:<10}{pid:<9}{server.address}")
    return 0


def _logs(options: argparse.Namespace) -> int:
    stack = Stack([options.server], options.directory)
    log = stack.servers[options.server].log
    if not log.exists():
        raise DevstackError(f"{options.server} has no log in {stack.directory}: it was never started here")
    command = ["tail", "-n", str(options.lines), *(["-F"] if options.follow else []), str(log)]
    return subprocess.run(command, check=False).returncode


def _env(options: argparse.Namespace) -> int:
    for key, value in Stack(None, options.directory).exports().items():
        print(f"export {key}={shlex.quote(value)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
