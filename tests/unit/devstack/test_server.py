"""What all servers have in common, shown with a small real one."""

import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.errors import DevstackError
from devstack.ports import HOST, find_free_port
from devstack.process import Launch
from devstack.progress import Progress
from devstack.server import Record, Server


class Files(Server):
    """Serves its data folder over HTTP; the setting `fail` makes it end at once with that word."""

    @property
    def version(self) -> str:
        return "file server"

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}"

    def install(self) -> None:
        pass

    def prepare(self) -> None:
        (self.folder / "data").mkdir(exist_ok=True)

    def plan(self) -> Launch:
        if word := self.settings.get("fail"):
            return Launch([sys.executable, "-c", f"import time; print({word!r}, flush=True); time.sleep(0.1)"], self.folder)
        command = [sys.executable, "-m", "http.server", "--bind", HOST, str(self.port)]
        return Launch(command, self.folder / "data")

    def is_ready(self) -> bool:
        with urllib.request.urlopen(self.address, timeout=5) as answer:
            return bool(answer.status == 200)

    def exports(self) -> dict[str, str]:
        return {"FILES": self.address}


def another(server: Files) -> Files:
    """As a later command sees it."""
    return Files(server.name, server.folder, Progress(silent=True))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Files]:
    made = Files("files", tmp_path / "files", Progress(silent=True))
    yield made
    made.stop()


def test_a_started_server_answers_and_a_stopped_one_is_gone(server: Files) -> None:
    assert server.state == "stopped"
    server.start()
    running = server.process
    assert server.state == "ready"
    server.start()
    assert server.process == running
    server.stop()
    assert server.state == "stopped"
    assert server.process is None


def test_a_restart_keeps_port_and_data(server: Files) -> None:
    server.start()
    (server.folder / "data" / "file").write_text("content")
    before, process = server.address, server.process
    server.restart()
    assert server.address == before
    assert server.process != process
    with urllib.request.urlopen(f"{before}/file") as answer:
        assert answer.read() == b"content"


def test_a_killed_server_can_be_started_again(server: Files) -> None:
    server.start()
    server.kill()
    assert server.process is None
    server.start()
    assert server.state == "ready"


def test_a_later_command_finds_the_server_and_stops_it(server: Files) -> None:
    server.start()
    later = another(server)
    assert later.process == server.process
    later.start()
    later.stop()
    assert server.process is None


def test_two_that_start_it_at_once_start_one(server: Files) -> None:
    early = another(server)
    server.start()
    early.start()
    assert early.process == server.process


def test_a_server_that_dies_while_starting_shows_its_last_words(server: Files) -> None:
    server.configure(settings={"fail": "out of luck"})
    with pytest.raises(DevstackError, match=r"files ended while starting[\s\S]*out of luck"):
        server.start()
    assert server.process is None


def test_a_server_that_never_answers_is_killed(server: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Files, "START_SECONDS", 0.0)
    monkeypatch.setattr(Files, "is_ready", lambda self: False)
    with pytest.raises(DevstackError, match="does not answer"):
        server.start()
    assert server.process is None


def test_a_taken_port_is_named(server: Files, tmp_path: Path) -> None:
    server.start()
    other = Files("other", tmp_path / "other", Progress(silent=True))
    other.configure({"client": server.port})
    with pytest.raises(DevstackError, match=f"port {server.port} on {HOST}, wanted by other"):
        other.start()


def test_a_given_port_is_used_and_remembered(server: Files) -> None:
    port = find_free_port()
    server.configure({"client": port})
    server.start()
    assert another(server).address == f"http://{HOST}:{port}"


def test_ports_and_settings_of_a_running_server_do_not_change(server: Files) -> None:
    server.start()
    with pytest.raises(DevstackError, match="runs already with other ports or settings"):
        server.configure({"client": server.port + 1})
    with pytest.raises(DevstackError, match="runs already"):
        server.configure(settings={"a": "b"})
    server.configure({"client": server.port})


def test_a_port_the_server_does_not_have_is_refused(server: Files) -> None:
    with pytest.raises(DevstackError, match="no port 'admin'; it has: client"):
        server.configure({"admin": 1})


def test_chosen_ports_are_not_given_twice(tmp_path: Path) -> None:
    avoid: set[int] = set()
    servers = [Files(str(number), tmp_path / str(number), Progress(silent=True)) for number in range(5)]
    for server in servers:
        server.configure(avoid=avoid)
    assert {server.port for server in servers} == avoid
    assert len(avoid) == 5


def test_wiping_leaves_the_log_only(server: Files) -> None:
    server.start()
    (server.folder / "data" / "file").touch()
    server.stop()
    server.wipe()
    assert {entry.name for entry in server.folder.iterdir()} == {"server.log", ".lock"}
    assert not another(server).exists


def test_a_record_survives_being_written() -> None:
    record = Record(ports={"client": 1}, settings={"a": "b"})
    assert Record.from_json(record.to_json()) == record
