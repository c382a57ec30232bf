"""Apache Kafka, one node that is broker and controller."""

from __future__ import annotations

import shutil
import socket
import struct
import subprocess
from collections.abc import Mapping
from pathlib import Path

from devstack.cache import cache_entry
from devstack.errors import DevstackError
from devstack.java import ClassArchive, install_java
from devstack.maven import Artifact, fetch
from devstack.ports import HOST
from devstack.process import Launch
from devstack.server import Server

__all__ = ["KAFKA_VERSION", "Kafka", "count_brokers", "render_properties"]

KAFKA_VERSION = "4.1.0"
_CLUSTER_ID = "aGVhZGdhdGUtZGV2c3RhYw"  # any 16 bytes in base64
_JVM = ("-Xms128m", "-Xmx512m", "-XX:+UseSerialGC")
_JVM_SETTING = "jvm"
_LOGGING = """\
rootLogger.level = INFO
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{yyyy-MM-dd HH:mm:ss.SSS} %p %m (%c)%n%throwable
"""


def render_properties(client: int, controller: int, data: Path, settings: Mapping[str, str]) -> str:
    """The server.properties of a single node; `settings` win over what is set here."""
    properties = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{HOST}:{controller}",
        "listeners": f"PLAINTEXT://{HOST}:{client},CONTROLLER://{HOST}:{controller}",
        "advertised.listeners": f"PLAINTEXT://{HOST}:{client}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "log.dirs": str(data),
        "num.partitions": "1",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "5",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "5",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
        # A killed broker may come back under its number only after this time.
        "broker.session.timeout.ms": "4000",
        "broker.heartbeat.interval.ms": "500",
        **{key: value for key, value in settings.items() if key != _JVM_SETTING},
    }
    return "".join(f"{key}={value}\n" for key, value in properties.items())


def count_brokers(port: int, seconds: float = 2.0) -> int:
    """How many brokers the server names in answer to a metadata request; OSError when it does not answer."""
    client = b"devstack"
    # api_key 3 (Metadata), version 1, correlation id, client id, then an empty list of topics.
    request = struct.pack(">hhih", 3, 1, 1, len(client)) + client + struct.pack(">i", 0)
    with socket.create_connection((HOST, port), timeout=seconds) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        with connection.makefile("rb") as answer:
            header = answer.read(12)
    if len(header) < 12:
        raise ConnectionError("the connection was closed instead of answered")
    _, _, brokers = struct.unpack(">iii", header)
    return int(brokers)


class Kafka(Server):
    """The broker; `bootstrap` is what clients call bootstrap.servers. Its setting `jvm` is no property of Kafka: it is options
    for java, separated by spaces, instead of a small heap and the serial collector."""

    PORTS = ("client", "controller")

    @property
    def version(self) -> str:
        """Apache Kafka's version."""
        return f"Kafka {KAFKA_VERSION}"

    @property
    def bootstrap(self) -> str:
        """host:port for clients."""
        return f"{HOST}:{self.port}"

    @property
    def address(self) -> str:
        """The same as `bootstrap`."""
        return self.bootstrap

    def exports(self) -> dict[str, str]:
        """HEADGATE_BOOTSTRAP."""
        return {"HEADGATE_BOOTSTRAP": self.bootstrap}

    def install(self) -> None:
        """The jars from Maven and a Java to run them."""
        wanted = [
            Artifact("org.apache.kafka", "kafka_2.13", KAFKA_VERSION),
            Artifact("org.apache.logging.log4j", "log4j-slf4j-impl", "2.24.3"),
        ]
        self._libs = cache_entry(
            f"kafka-{KAFKA_VERSION}",
            lambda partial: fetch(wanted, partial, self.name, self.progress),
            waiting=lambda: self.progress.say(self.name, "waiting for another download of Kafka"),
        )
        self._java = install_java(self.name, self.progress)

    def prepare(self) -> None:
        """Writes the configuration, and the first data once: a formatted folder that is the same for every stack."""
        data = self.folder / "data"
        self._properties = self.folder / "server.properties"
        self._properties.write_text(render_properties(self.port, self.port_of("controller"), data, self.settings))
        self._logging = self.folder / "log4j2.properties"
        self._logging.write_text(_LOGGING)
        if not data.exists():
            formatted = cache_entry(f"kafka-{KAFKA_VERSION}-formatted", self._format)
            draft = self.folder / "data.partial"
            shutil.rmtree(draft, ignore_errors=True)
            shutil.copytree(formatted, draft)
            draft.rename(data)

    def _format(self, into: Path) -> None:
        self.progress.say(self.name, "formatting a data folder")
        properties = self.folder / "format.properties"
        properties.write_text(render_properties(1, 2, into, {}))
        done = subprocess.run(
            self._java_command("kafka.tools.StorageTool", "format", "-t", _CLUSTER_ID, "-c", str(properties)),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise DevstackError(f"Kafka could not format a data folder:\n{done.stdout}{done.stderr}")
        properties.unlink()

    def plan(self) -> Launch:
        """The broker's own main class."""
        return Launch(self._java_command(*self._classes().flags(), "kafka.Kafka", str(self._properties)), self.folder)

    def is_ready(self) -> bool:
        """Whether the broker has registered itself and names itself to clients."""
        return count_brokers(self.port) > 0

    def after_orderly_stop(self) -> None:
        """Keeps the loaded classes for the next start."""
        self._classes().keep()

    def _classes(self) -> ClassArchive:
        return ClassArchive.of(f"kafka-{KAFKA_VERSION}", self.folder)

    def _java_command(self, *arguments: str) -> list[str]:
        logging = f"-Dlog4j2.configurationFile={self._logging}"
        options = self.settings.get(_JVM_SETTING, "").split() or _JVM
        return [str(self._java), *options, "-Djava.awt.headless=true", logging, "-cp", f"{self._libs}/*", *arguments]
