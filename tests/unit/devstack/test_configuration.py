"""What the servers are told, and how their answers are read."""

import socket
import struct
import threading
from pathlib import Path
from xml.etree import ElementTree

import pytest

from devstack.kafka import count_brokers, render_properties
from devstack.maven import Artifact, read_event, render_pom
from devstack.ports import HOST
from devstack.postgres import render_conf
from devstack.registry import render_environment


def lines(text: str) -> dict[str, str]:
    return {key.strip(): value.strip() for key, _, value in (line.partition("=") for line in text.splitlines())}


def test_kafka_listens_on_the_loopback_address_only() -> None:
    properties = lines(render_properties(19092, 19093, Path("/data"), {}))
    assert properties["listeners"] == "PLAINTEXT://127.0.0.1:19092,CONTROLLER://127.0.0.1:19093"
    assert properties["controller.quorum.voters"] == "1@127.0.0.1:19093"
    assert properties["log.dirs"] == "/data"


def test_extra_kafka_settings_win() -> None:
    properties = lines(render_properties(1, 2, Path("/data"), {"num.partitions": "7", "message.max.bytes": "10"}))
    assert (properties["num.partitions"], properties["message.max.bytes"]) == ("7", "10")


def test_postgres_decodes_its_log_and_has_no_socket_file() -> None:
    conf = lines(render_conf(5432, {}))
    assert conf["wal_level"] == "'logical'"
    assert conf["listen_addresses"] == "'127.0.0.1'"
    assert conf["unix_socket_directories"] == "''"
    assert "fsync" not in conf


def test_postgres_settings_win_and_are_quoted() -> None:
    conf = lines(render_conf(5432, {"max_wal_senders": "3", "application_name": "it's"}))
    assert conf["max_wal_senders"] == "'3'"
    assert conf["application_name"] == "'it''s'"


def test_the_registry_keeps_schemas_in_a_file() -> None:
    environment = render_environment(8081, 8082, Path("/data"), {"QUARKUS_LOG_LEVEL": "DEBUG"})
    assert environment["APICURIO_DATASOURCE_URL"].startswith("jdbc:h2:file:/data/registry")
    assert environment["QUARKUS_HTTP_HOST"] == environment["QUARKUS_MANAGEMENT_HOST"] == "127.0.0.1"
    assert environment["QUARKUS_LOG_LEVEL"] == "DEBUG"


def test_the_pom_names_the_artifacts() -> None:
    pom = ElementTree.fromstring(render_pom([Artifact("a.b", "c", "1", "tar.gz", "all", alone=True), Artifact("d", "e", "2")]))
    space = "{http://maven.apache.org/POM/4.0.0}"
    first, second = pom.iter(f"{space}dependency")
    assert [first.findtext(space + tag) for tag in ("groupId", "artifactId", "version", "type", "classifier")] == [
        *("a.b", "c", "1", "tar.gz", "all")
    ]
    assert first.find(f"{space}exclusions") is not None
    assert second.find(f"{space}exclusions") is None
    assert second.find(f"{space}classifier") is None


@pytest.mark.parametrize(
    ("line", "event"),
    [
        ("Progress (1): 1.2/14 MB", ("amount", "1.2/14 MB")),
        ("Downloaded from central: https://host.example/x/y-1.jar (14 MB at 1.2 MB/s)", ("file", "y-1.jar")),
        ("[ERROR] Failed to execute goal", ("error", "Failed to execute goal")),
        ("[ERROR] ", ("", "")),
        ("[INFO] BUILD SUCCESS", ("", "")),
    ],
)
def test_mavens_output_is_understood(line: str, event: tuple[str, str]) -> None:
    assert read_event(line) == event


def answer_once(listener: socket.socket, answer: bytes) -> None:
    connection, _ = listener.accept()
    with connection:
        (size,) = struct.unpack(">i", connection.recv(4, socket.MSG_WAITALL))
        connection.recv(size, socket.MSG_WAITALL)
        connection.sendall(answer)


@pytest.mark.parametrize("brokers", [0, 1])
def test_brokers_are_counted_in_the_metadata_answer(brokers: int) -> None:
    with socket.create_server((HOST, 0)) as listener:
        thread = threading.Thread(target=answer_once, args=(listener, struct.pack(">iii", 8, 1, brokers)))
        thread.start()
        assert count_brokers(listener.getsockname()[1]) == brokers
        thread.join()


def test_a_broker_that_hangs_up_does_not_answer() -> None:
    with socket.create_server((HOST, 0)) as listener:
        thread = threading.Thread(target=answer_once, args=(listener, b"\0\0"))
        thread.start()
        with pytest.raises(OSError, match="closed"):
            count_brokers(listener.getsockname()[1])
        thread.join()
