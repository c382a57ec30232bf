"""The command line and the stack, as far as no server is needed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import devstack
from devstack.__main__ import main
from devstack.errors import DevstackError, MissingProgramError, find_program
from devstack.stack import SERVERS, Stack


def test_everything_that_is_promised_is_there() -> None:
    assert devstack.__all__ == sorted(devstack.__all__)
    assert all(hasattr(devstack, name) for name in devstack.__all__)


def test_a_missing_program_is_named_with_its_cure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingProgramError) as caught:
        find_program("mvn", "download kafka")
    assert str(caught.value) == (
        "mvn is not installed; it is needed to download kafka. "
        "Install it with: apt-get install --no-install-recommends maven default-jre-headless"
    )


def test_a_command_that_lacks_a_program_ends_with_1_and_no_traceback(tmp_path: Path) -> None:
    root = Path(devstack.__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-m", "devstack", "up", "kafka", "--directory", str(tmp_path / "stack")],
        cwd=root,
        env={**os.environ, "PATH": str(tmp_path), "HEADGATE_DEVSTACK_CACHE": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "mvn is not installed" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["up", "oracle"], "there is no server 'oracle'; there are: kafka"),
        (["up", "kafka", "--port", "kafka=high"], "write SERVER=PORT"),
        (["up", "kafka", "--port", "postgres=5432"], "a port is given for 'postgres'"),
        (["up", "kafka", "--set", "num.partitions"], "write SERVER.KEY=VALUE"),
        (["up", "kafka", "--set", "postgres.fsync=off"], "a setting is given for 'postgres'"),
        (["logs", "kafka"], "kafka has no log"),
    ],
)
def test_a_mistake_on_the_command_line_is_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main([*arguments, "--directory", str(tmp_path)]) == 1
    assert message in capsys.readouterr().err


def test_commands_on_a_folder_without_servers_make_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "none"
    for command in ("status", "env", "down"):
        assert main([command, "--directory", str(folder)]) == 0
    assert capsys.readouterr().out == f"no server was ever started in {folder}\n"
    assert not folder.exists()


def test_every_server_knows_its_version_and_ports(tmp_path: Path) -> None:
    with_ports = Stack(SERVERS, tmp_path)
    for name, server in with_ports.servers.items():
        assert server.name == name
        assert server.version
        server.configure()
        assert server.known_ports == {server.port_of(purpose) for purpose in server.PORTS}
        assert str(server.port) in server.address
        assert all(server.address in value for value in server.exports().values())


def test_servers_do_not_share_variables(tmp_path: Path) -> None:
    stack = Stack(SERVERS, tmp_path)
    for server in stack.servers.values():
        server.configure()
    assert len(stack.exports()) == sum(len(server.exports()) for server in stack.servers.values())


def test_a_server_that_is_not_part_of_the_stack_is_refused(tmp_path: Path) -> None:
    stack = Stack(["kafka"], tmp_path)
    with pytest.raises(DevstackError, match="registry is not part of this stack; it has: kafka"):
        stack.registry.start()
    with pytest.raises(DevstackError, match="no ports yet"):
        print(stack.kafka.bootstrap)
