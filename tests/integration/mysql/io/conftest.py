"""Both kinds of server, one after the other, and connections of ours to them."""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connectors.mysql.address import Address, Tls
from connectors.mysql.session import Session

_numbers = itertools.count(1)


class Lab:
    """One test's own database on one server."""

    def __init__(self, flavor: str, server: Any) -> None:
        self.flavor = flavor
        self.server = server
        self.database = f"h4_{os.getpid()}_{next(_numbers)}"
        self.server_id = random.randint(10_000, 2_000_000_000)
        self.users: list[str] = []
        self.opened: list[Session] = []
        self.sql = self.open()
        self.sql.execute(f"CREATE DATABASE {self.database} CHARACTER SET utf8mb4")
        self.sql.execute(f"USE {self.database}")

    def address(self, **but: Any) -> Address:
        given = {"host": self.server.host, "port": self.server.port, "user": self.server.user, "password": self.server.password,
                 "tls": Tls("disabled")}
        return Address(**(given | but))

    def open(self, address: Address | None = None, **options: Any) -> Session:
        session = Session.open(address or self.address(), "headgate test", **options)
        self.opened.append(session)
        return session

    def user(self, password: str, *grants: str) -> str:
        """A user with these rights, gone after the test."""
        name = f"{self.database}_{len(self.users)}"
        self.users.append(name)
        self.sql.execute(f"CREATE USER '{name}' IDENTIFIED BY %s", (password,))
        for grant in grants:
            self.sql.execute(f"GRANT {grant} TO '{name}'")
        return name

    def threads(self) -> dict[str, str]:
        """What the server's connections do, by their numbers."""
        return {r["id"] or "": f"{r['command']} {r['info']}" for r in self.sql.records("SHOW PROCESSLIST")}

    def close(self) -> None:
        for session in self.opened:
            session.close()
        last = Session.open(self.address(), "headgate test")
        last.execute(f"DROP DATABASE IF EXISTS {self.database}")
        for name in self.users:
            last.execute(f"DROP USER IF EXISTS '{name}'")
        last.close()


@pytest.fixture(params=["mysql", "mariadb"])
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    made = Lab(request.param, request.getfixturevalue(request.param))
    yield made
    made.close()


@pytest.fixture
def lab_of(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Lab]]:
    """For tests of one kind only."""
    made: list[Lab] = []

    def make(flavor: str) -> Lab:
        made.append(Lab(flavor, request.getfixturevalue(flavor)))
        return made[-1]

    yield make
    for each in made:
        each.close()
