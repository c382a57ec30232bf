"""The operator's commands against a REST application in this process, over a real socket."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from typer.testing import CliRunner, Result

from connect.api.errors import HeadgateError
from connect.cli.client import Client, ClientError
from connect.cli.main import app
from connect.herder.requests import TaskStatus
from rest import create_app
from tests.unit.rest.fake_herder import POSTGRES, FakeHerder

CONFIG = {"connector.class": POSTGRES, "database.password": "s3cret"}


class Worker:
    def __init__(self, herder: FakeHerder, url: str) -> None:
        self.herder, self.url = herder, url

    def run(self, *arguments: str, stdin: str = "") -> Result:
        return CliRunner().invoke(app, arguments, input=stdin, env={"HEADGATE_URL": self.url, "NO_COLOR": "1"})

    def ok(self, *arguments: str, stdin: str = "") -> str:
        result = self.run(*arguments, stdin=stdin)
        assert result.exit_code == 0, (result.output, result.exception)
        return result.output

    def wrong(self, *arguments: str, stdin: str = "") -> str:
        result = self.run(*arguments, stdin=stdin)
        assert isinstance(result.exception, ClientError | HeadgateError), (result.output, result.exception)
        text = str(result.exception)
        assert "\n" not in text
        return text

    def create(self, *names: str) -> None:
        for name in names:
            Client(self.url).call("POST", "connectors", body={"name": name, "config": CONFIG})


@pytest.fixture(scope="module")
def served() -> Iterator[Worker]:
    herder = FakeHerder()
    server = uvicorn.Server(uvicorn.Config(create_app(herder), port=0, log_config=None, lifespan="off"))
    socket = server.config.bind_socket()
    thread = threading.Thread(target=server.run, args=([socket],))
    thread.start()
    yield Worker(herder, f"http://127.0.0.1:{socket.getsockname()[1]}")
    server.should_exit = True
    thread.join()
    socket.close()


@pytest.fixture
def worker(served: Worker) -> Worker:
    vars(served.herder).clear()
    served.herder.__init__()  # type: ignore[misc]
    return served


def test_info_shows_the_worker(worker) -> None:
    output = worker.ok("info")
    assert re.search(r"version +4\.1\.0", output) and re.search(r"core +python", output) and worker.url in output


@pytest.mark.parametrize("command", [["connectors"], ["get", "connectors"]])
def test_connectors_are_listed_with_states(worker, command) -> None:
    worker.create("b", "a")
    worker.herder.task_states["b"] = [TaskStatus(0, "FAILED", "w"), TaskStatus(1, "RUNNING", "w")]
    lines = worker.ok(*command).splitlines()
    assert lines[0].split() == ["NAME", "TYPE", "STATE", "TASKS", "WORKER"]
    assert lines[1].split()[:4] == ["a", "source", "RUNNING", "0:RUNNING"]
    assert lines[2].split()[:5] == ["b", "source", "RUNNING", "0:FAILED", "1:RUNNING"]


@pytest.mark.parametrize("command", [
    ["info"], ["connectors"], ["get", "connectors"], ["get", "plugins"], ["get", "plugins", "--all"], ["get", "loggers"],
    ["get", "offsets", "c"], ["describe", "connector", "c"], ["describe", "plugin", "PostgresConnector"],
])
def test_everything_that_is_shown_can_be_had_as_json(worker, command) -> None:
    worker.create("c")
    assert json.loads(worker.ok(*command, "--output", "json"))
    assert worker.ok(*command)


def test_describe_shows_traces_and_hides_passwords(worker) -> None:
    worker.create("c")
    worker.herder.task_states["c"] = [TaskStatus(0, "FAILED", "w", trace="Boom\n  at line 1")]
    output = worker.ok("describe", "connector", "c")
    assert "task 0: FAILED on w\n  Boom\n    at line 1\n" in output and "[hidden]" in output and "s3cret" not in output


@pytest.mark.parametrize("text", [
    json.dumps({"name": "c", "config": CONFIG}), json.dumps({"name": "c", **CONFIG}),
    json.dumps({"config": {"name": "c", **CONFIG}}),
])
def test_apply_creates_then_updates(worker, tmp_path, text) -> None:
    file = tmp_path / "c.json"
    file.write_text(text)
    assert worker.ok("apply", "-f", str(file)) == "created connector c\n"
    assert worker.ok("apply", "-f", "-", stdin=text) == "updated connector c\n"
    assert worker.herder.configs["c"]["database.password"] == "s3cret"


def test_apply_dry_run_only_validates(worker) -> None:
    assert worker.ok("apply", "-f", "-", "--dry-run", stdin=json.dumps({"name": "c", **CONFIG})) == "connector c: valid\n"
    assert worker.herder.configs == {}


@pytest.mark.parametrize("text, words", [
    ("{", "not JSON"), ("[]", "expected an object"), ("{}", "name is missing"),
    ('{"name": "c", "config": 1}', "object as config"),
    ('{"name": 7, "config": {}}', "name is missing"),
])
def test_a_wrong_file_is_one_line(worker, text, words) -> None:
    assert words in worker.wrong("apply", "-f", "-", stdin=text)


def test_a_missing_file_is_named(worker) -> None:
    assert "cannot read nowhere.json" in worker.wrong("apply", "-f", "nowhere.json")
    assert "cannot read nowhere.properties" in worker.wrong("worker", "nowhere.properties")
    assert "cannot read nowhere.properties" in worker.wrong("standalone", "nowhere.properties", "c.json")


@pytest.mark.parametrize("verb, call", [
    ("pause", ("set_target_state", "c", "PAUSED")), ("resume", ("set_target_state", "c", "STARTED")),
    ("stop", ("set_target_state", "c", "STOPPED")), ("delete", ("delete_connector", "c")),
    ("restart", ("restart_connector", "c")),
])
def test_verbs_on_a_connector(worker, verb, call) -> None:
    worker.create("c", "d")
    assert worker.ok(verb, "connector", "c").endswith("ed connector c\n")
    assert call in worker.herder.calls


def test_wildcards_and_several_names(worker) -> None:
    worker.create("a1", "a2", "b", "[x]")
    assert worker.ok("pause", "connector", "a*", "b") == "paused connector a1\npaused connector a2\npaused connector b\n"
    assert worker.ok("pause", "connector", "[x]") == "paused connector [x]\n"


@pytest.mark.parametrize("name", ["a/b", "a b", "..", "ż%41;?"])
def test_every_name_can_be_given(worker, name) -> None:
    worker.create(name)
    assert worker.ok("stop", "connector", name) == f"stopped connector {name}\n"
    assert worker.ok("delete", "connector", name)
    assert worker.herder.configs == {}


def test_restart_with_tasks_and_of_a_task(worker) -> None:
    worker.create("c")
    worker.ok("restart", "connector", "c", "--include-tasks", "--only-failed")
    assert ("restart_connector_and_tasks", "c", True, True) in worker.herder.calls
    assert worker.ok("restart", "task", "c", "0") == "restarted task c-0\n"
    assert "Unknown task: c-7" in worker.wrong("restart", "task", "c", "7")


def test_an_unknown_connector_is_named_with_those_there_are(worker) -> None:
    assert worker.wrong("pause", "connector", "x") == "no connector x; there is none"
    worker.create("c")
    assert worker.wrong("describe", "connector", "x") == "no connector x; there are: c"


@pytest.mark.parametrize("url, words", [
    ("http://127.0.0.1:1", "no worker at http://127.0.0.1:1"), ("127.0.0.1:8083", "no URL of a worker"), ("ftp://host", "no URL"),
])
def test_a_wrong_address_says_how_to_give_one(worker, url, words) -> None:
    assert words in worker.wrong("connectors", "--url", url)


@pytest.mark.parametrize("arguments", [
    ["nope"], ["get", "nope"], ["restart", "task", "c", "x"], ["tail"], ["info", "--output", "xml"],
])
def test_a_wrong_command_line_is_exit_code_2(worker, arguments) -> None:
    assert worker.run(*arguments).exit_code == 2


def test_version_tells_the_core() -> None:
    output = CliRunner().invoke(app, ["version"]).output
    assert re.fullmatch(r"headgate \S+ \((native|python) core\)\n", output)


@pytest.mark.parametrize("arguments, words", [
    (["tail", "t", "--registry", "nowhere"], "not a registry URL"), (["tail", "t", "-X", "novalue"], "expected name=value"),
    (["tail", "t", "-X", "no.such.property=1"], "no.such.property"),
])
def test_tail_refuses_what_cannot_be(worker, arguments, words) -> None:
    assert words in worker.wrong(*arguments)
