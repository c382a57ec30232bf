"""Real servers for the tests: started once a session when the first test asks, or those the environment names.

HEADGATE_BOOTSTRAP, HEADGATE_REGISTRY_URL, HEADGATE_PG_DSN, HEADGATE_PG15_DSN, HEADGATE_MYSQL_URL and HEADGATE_MARIADB_URL
point at servers that run already (`python -m devstack up; eval "$(python -m devstack env)"`). Tests that stop servers make a
stack of their own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import psycopg.conninfo
import pytest
from hypothesis import HealthCheck, settings

from devstack.stack import Stack
from devstack.worker import WorkerProcess

# A busy machine is no failure: no law depends on how long an example takes.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")


@dataclass(frozen=True)
class KafkaServer:
    bootstrap: str


@dataclass(frozen=True)
class RegistryServer:
    url: str


@dataclass(frozen=True)
class PostgresServer:
    """A superuser's address, and its parts."""

    dsn: str
    host: str
    port: int
    user: str
    password: str

    @classmethod
    def of(cls, dsn: str) -> PostgresServer:
        parts = psycopg.conninfo.conninfo_to_dict(dsn)
        return cls(dsn, str(parts["host"]), int(parts["port"] or 5432), str(parts["user"]), str(parts["password"]))


@dataclass(frozen=True)
class MySqlServer:
    """The address of a user who may do everything, and its parts; MariaDB's too."""

    url: str
    host: str
    port: int
    user: str
    password: str

    @classmethod
    def of(cls, url: str) -> MySqlServer:
        parts = urlsplit(url)
        return cls(url, str(parts.hostname), parts.port or 3306, str(parts.username), str(parts.password))


def _mysql(name: str, variable: str) -> Iterator[MySqlServer]:
    if given := os.environ.get(variable):
        yield MySqlServer.of(given)
        return
    with Stack([name]) as stack:
        yield MySqlServer.of(stack.exports()[variable])


def _postgres(name: str, variable: str) -> Iterator[PostgresServer]:
    if given := os.environ.get(variable):
        yield PostgresServer.of(given)
        return
    with Stack([name]) as stack:
        yield PostgresServer.of(stack.exports()[variable])


@pytest.fixture(scope="session")
def kafka() -> Iterator[KafkaServer]:
    if given := os.environ.get("HEADGATE_BOOTSTRAP"):
        yield KafkaServer(given)
        return
    with Stack(["kafka"]) as stack:
        yield KafkaServer(stack.kafka.bootstrap)


@pytest.fixture(scope="session")
def registry() -> Iterator[RegistryServer]:
    if given := os.environ.get("HEADGATE_REGISTRY_URL"):
        yield RegistryServer(given)
        return
    with Stack(["registry"]) as stack:
        yield RegistryServer(stack.registry.url)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    yield from _postgres("postgres", "HEADGATE_PG_DSN")


@pytest.fixture(scope="session")
def postgres15() -> Iterator[PostgresServer]:
    yield from _postgres("postgres15", "HEADGATE_PG15_DSN")


@pytest.fixture(scope="session")
def mysql() -> Iterator[MySqlServer]:
    yield from _mysql("mysql", "HEADGATE_MYSQL_URL")


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MySqlServer]:
    yield from _mysql("mariadb", "HEADGATE_MARIADB_URL")


@pytest.fixture(scope="session")
def worker(kafka: KafkaServer, registry: RegistryServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerProcess]:
    """A worker that the tests of a session share; connectors and topics are each test's own."""
    with WorkerProcess(kafka.bootstrap, registry.url, tmp_path_factory.mktemp("worker"), group=f"tests-{os.getpid()}") as running:
        yield running
