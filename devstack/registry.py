"""Apicurio Registry, a schema registry that speaks Confluent's API."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from devstack.cache import cache_entry
from devstack.java import ClassArchive, install_java
from devstack.maven import Artifact, fetch
from devstack.ports import HOST
from devstack.process import Launch
from devstack.server import Server
from devstack.unpack import unpack

__all__ = ["REGISTRY_VERSION", "Registry", "render_environment"]

REGISTRY_VERSION = "3.3.3"
_JVM = ("-Xms64m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true")


def render_environment(client: int, management: int, data: Path, settings: Mapping[str, str]) -> dict[str, str]:
    """The registry's configuration; `settings` win over what is set here."""
    return {
        "QUARKUS_HTTP_HOST": HOST,
        "QUARKUS_HTTP_PORT": str(client),
        "QUARKUS_MANAGEMENT_HOST": HOST,
        "QUARKUS_MANAGEMENT_PORT": str(management),
        "QUARKUS_LOG_CONSOLE_COLOR": "false",
        "APICURIO_STORAGE_KIND": "sql",
        "APICURIO_STORAGE_SQL_KIND": "h2",
        # A file, so that schemas survive a restart; written at once, so that they survive a kill too.
        "APICURIO_DATASOURCE_URL": f"jdbc:h2:file:{data}/registry;WRITE_DELAY=0",
        "APICURIO_DATASOURCE_JDBC_INITIAL_SIZE": "2",
        "APICURIO_DATASOURCE_JDBC_MIN_SIZE": "2",
        **settings,
    }


class Registry(Server):
    """The schema registry; `url` is the base of the Confluent-compatible API."""

    PORTS = ("client", "management")

    @property
    def version(self) -> str:
        """Apicurio Registry's version."""
        return f"Apicurio Registry {REGISTRY_VERSION}"

    @property
    def url(self) -> str:
        """What clients call schema.registry.url."""
        return f"http://{HOST}:{self.port}/apis/ccompat/v7"

    @property
    def address(self) -> str:
        """The same as `url`."""
        return self.url

    def exports(self) -> dict[str, str]:
        """HEADGATE_REGISTRY_URL."""
        return {"HEADGATE_REGISTRY_URL": self.url}

    def install(self) -> None:
        """The application from Maven, unpacked, and a Java to run it."""
        self._app = cache_entry(
            f"apicurio-registry-{REGISTRY_VERSION}",
            self._unpack,
            waiting=lambda: self.progress.say(self.name, "waiting for another download of the registry"),
        )
        self._java = install_java(self.name, self.progress)

    def _unpack(self, into: Path) -> None:
        wanted = Artifact("io.apicurio", "apicurio-registry-app", REGISTRY_VERSION, "tar.gz", "all", alone=True)
        fetch([wanted], into, self.name, self.progress)
        self.progress.say(self.name, "unpacking")
        (archive,) = into.glob("*.tar.gz")
        with archive.open("rb") as stream:
            unpack(stream, into)
        archive.unlink()

    def prepare(self) -> None:
        """Makes the folder of the schemas; everything else is in the environment."""
        (self.folder / "data").mkdir(exist_ok=True)

    def plan(self) -> Launch:
        """The application's runner."""
        environment = render_environment(self.port, self.port_of("management"), self.folder / "data", self.settings)
        runner = self._app / "quarkus-run.jar"
        command = [str(self._java), *_JVM, *self._classes().flags(), "-jar", str(runner)]
        return Launch(command, self.folder, environment)

    def is_ready(self) -> bool:
        """Whether it lists its subjects."""
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with direct.open(f"{self.url}/subjects", timeout=5) as answer:
                return int(answer.status) == 200
        except urllib.error.HTTPError as error:
            with error:
                return False

    def after_orderly_stop(self) -> None:
        """Keeps the loaded classes for the next start."""
        self._classes().keep()

    def _classes(self) -> ClassArchive:
        return ClassArchive.of(f"apicurio-registry-{REGISTRY_VERSION}", self.folder)
