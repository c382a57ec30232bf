"""MySQL and MariaDB, with row-based binary logs, from Debian's packages."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Final

from devstack.debian import Packages, install_packages
from devstack.errors import DevstackError, MissingProgramError
from devstack.ports import HOST
from devstack.process import Launch
from devstack.progress import Progress
from devstack.reach import locate, make_place, server_user, shared_cache
from devstack.server import Server

__all__ = ["SETUP_SQL", "MariaDb", "MySql", "find_mysqlbinlog", "render_options"]

SETUP_SQL: Final = """\
CREATE USER cdc@'%' IDENTIFIED BY 'cdc';
GRANT ALL PRIVILEGES ON *.* TO cdc@'%' WITH GRANT OPTION;
CREATE DATABASE lab CHARACTER SET utf8mb4;
"""
_COMMON: Final = {
    "bind_address": HOST,
    # Relative to the data folder: the name of a socket may not be longer than 107 bytes.
    "socket": "server.sock",
    "pid_file": "server.pid",
    "secure_file_priv": "",
    "default_time_zone": "+00:00",
    "character_set_server": "utf8mb4",
    "log_bin": "binlog",
    "binlog_format": "ROW",
    "binlog_row_image": "FULL",
    "binlog_row_metadata": "FULL",
    "max_allowed_packet": "1G",
    "max_connections": "200",
    "innodb_buffer_pool_size": "128M",
    "performance_schema": "OFF",
    "local_infile": "ON",
    # Commits reach the operating system at once and the disk later: nothing is lost when only the server is killed.
    "innodb_flush_log_at_trx_commit": "2",
    "sync_binlog": "0",
    "explicit_defaults_for_timestamp": "ON",
}


def render_options(values: Mapping[str, str]) -> str:
    """An option file with one server's options."""
    return "[server]\n" + "".join(f"{key} = {value}\n" for key, value in values.items())


class _MySqlFamily(Server):
    """What the two have in common: the database `lab` and the user cdc (password cdc), who may do everything."""

    STOP_SIGNALS = ((signal.SIGTERM, 30.0), (signal.SIGTERM, 10.0))
    SUITE: ClassVar[str]
    PACKAGES: ClassVar[tuple[str, ...]]
    PROGRAM: ClassVar[str]
    SERVER_ID: ClassVar[int]
    VARIABLE: ClassVar[str]
    OPTIONS: ClassVar[Mapping[str, str]]

    @property
    def url(self) -> str:
        """mysql://USER:PASSWORD@HOST:PORT of the user cdc."""
        return f"mysql://cdc:cdc@{HOST}:{self.port}"

    @property
    def address(self) -> str:
        """The same as `url`."""
        return self.url

    def exports(self) -> dict[str, str]:
        """The address under a name of its own for each flavor."""
        return {self.VARIABLE: self.url}

    @classmethod
    def unpacked(cls, name: str, progress: Progress) -> Packages:
        """The server's and the client's programs, fetched the first time; `name` is said with the progress."""
        entry = f"{cls.PACKAGES[0]}-{cls.SUITE}"
        return install_packages(entry, cls.SUITE, cls.PACKAGES, shared_cache(server_user()), name, progress)

    def install(self) -> None:
        """The programs, in a place where the user that runs them can read them."""
        if importlib.util.find_spec("pymysql") is None:
            raise MissingProgramError("pymysql", f"ask {self.version} whether it answers")
        self._user = server_user()
        self._packages = self.unpacked(self.name, self.progress)

    @property
    def place(self) -> Path:
        """The folder around the data; outside the stack's folder when the server's user could not get there."""
        return Path(self._place_note.read_text())

    @property
    def _place_note(self) -> Path:
        return self.folder / "place"

    @property
    def data(self) -> Path:
        """The data folder, which holds the binary log too."""
        return self.place / "data"

    @property
    def _options_file(self) -> Path:
        return self.place / "server.cnf"

    def prepare(self) -> None:
        """Makes the data folder once, complete or not at all, and writes the options."""
        if not self._place_note.exists():
            place = locate(self.folder / "cluster", self._user)
            make_place(place, self._user)
            self._place_note.write_text(str(place))
        if not self.data.exists():
            draft = self.data.with_name("data.partial")
            shutil.rmtree(draft, ignore_errors=True)
            with self.progress.ticking(self.name, f"making the system tables of {self.version}"):
                self._make_data(draft)
            draft.rename(self.data)
        root = self._packages.root
        values = {
            "basedir": str(root / "usr"),
            "lc_messages_dir": str(root / "usr" / "share" / "mysql"),
            "character_sets_dir": str(root / "usr" / "share" / "mysql" / "charsets"),
            "datadir": str(self.data),
            # A server that starts deletes the temporary tables of all others in its folder for them.
            "tmpdir": str(self.place),
            "port": str(self.port),
            "server_id": str(self.SERVER_ID),
            **_COMMON,
            **self.OPTIONS,
            **self.settings,
        }
        self._write(self._options_file, render_options(values))

    @abstractmethod
    def _make_data(self, draft: Path) -> None:
        """Fills `draft`, which does not exist yet, with the system tables and SETUP_SQL."""

    def _write(self, file: Path, text: str) -> None:
        file.write_text(text)
        if self._user is not None:
            os.chown(file, self._user, -1)

    def _serve(self, *arguments: str, stdin: str = "") -> None:
        """Runs the server's program for a task that ends by itself, without the binary log."""
        root = self._packages.root
        done = subprocess.run(
            [
                *self._packages.command(self.PROGRAM),
                "--no-defaults",
                f"--basedir={root / 'usr'}",
                f"--lc-messages-dir={root / 'usr' / 'share' / 'mysql'}",
                "--skip-log-bin",
                "--performance-schema=OFF",
                *arguments,
            ],
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
            raise DevstackError(f"{self.version} could not make its system tables:\n{done.stdout}{done.stderr}")

    def plan(self) -> Launch:
        """The server itself: no shell between us and it."""
        command = [*self._packages.command(self.PROGRAM), f"--defaults-file={self._options_file}"]
        return Launch(command, Path("/"), user=self._user)

    def is_ready(self) -> bool:
        """Whether it answers SELECT 1 to the user cdc."""
        import pymysql  # here, so that the other servers can be used without it

        try:
            connection = pymysql.connect(host=HOST, port=self.port, user="cdc", password="cdc", connect_timeout=3, read_timeout=5)
            with connection, connection.cursor() as cursor:
                cursor.execute("SELECT 1")
                return bool(cursor.fetchone() == (1,))
        except pymysql.MySQLError:
            return False

    def wipe(self) -> None:
        """Also deletes a data folder that is kept elsewhere."""
        if self._place_note.exists() and self.place.exists():
            shutil.rmtree(self.place)
        super().wipe()


class MySql(_MySqlFamily):
    """MySQL with GTIDs: the version that Debian's unstable suite has, 9.7 or newer."""

    SUITE = "sid"
    PACKAGES = ("mysql-server-core", "mysql-client-core")
    PROGRAM = "mysqld"
    SERVER_ID = 1
    VARIABLE = "HEADGATE_MYSQL_URL"
    OPTIONS: ClassVar[Mapping[str, str]] = {
        "gtid_mode": "ON",
        "enforce_gtid_consistency": "ON",
        "binlog_rows_query_log_events": "OFF",
        "innodb_redo_log_capacity": "256M",
        "mysqlx": "OFF",
    }

    @property
    def version(self) -> str:
        """Which MySQL."""
        return "MySQL 9 (Debian sid)"

    def _make_data(self, draft: Path) -> None:
        setup = draft.with_name("setup.sql")
        self._write(setup, SETUP_SQL)
        self._serve("--initialize-insecure", f"--datadir={draft}", f"--init-file={setup}")
        setup.unlink()


class MariaDb(_MySqlFamily):
    """MariaDB 10.11."""

    SUITE = "bookworm"
    PACKAGES = ("mariadb-server-core", "mariadb-client-core", "mariadb-client")
    PROGRAM = "mariadbd"
    SERVER_ID = 2
    VARIABLE = "HEADGATE_MARIADB_URL"
    OPTIONS: ClassVar[Mapping[str, str]] = {
        "gtid_strict_mode": "ON",
        "binlog_annotate_row_events": "ON",
        "innodb_log_file_size": "256M",
        "lower_case_table_names": "0",
    }
    _SYSTEM_SQL: ClassVar[Sequence[str]] = (
        "mysql_system_tables.sql",
        "mysql_performance_tables.sql",
        "mysql_system_tables_data.sql",
        "fill_help_tables.sql",
        "maria_add_gis_sp_bootstrap.sql",
        "mysql_sys_schema.sql",
    )

    @property
    def version(self) -> str:
        """Which MariaDB."""
        return "MariaDB 10.11"

    def _make_data(self, draft: Path) -> None:
        draft.mkdir(mode=0o700)
        if self._user is not None:
            os.chown(draft, self._user, -1)
        shared = self._packages.root / "usr" / "share" / "mysql"
        system = "".join((shared / file).read_text() for file in self._SYSTEM_SQL)
        script = f"create database mysql;\nuse mysql;\n{system}\nFLUSH PRIVILEGES;\n{SETUP_SQL}"
        self._serve("--bootstrap", f"--datadir={draft}", f"--tmpdir={self.place}", "--max-allowed-packet=64M", stdin=script)


def find_mysqlbinlog(*, mariadb: bool = False) -> list[str]:
    """The words that start mysqlbinlog (MySQL's, or MariaDB's), fetched if need be; arguments go behind them."""
    progress = Progress(silent=True)
    if mariadb:
        return MariaDb.unpacked("mariadb", progress).command("mariadb-binlog")
    return MySql.unpacked("mysql", progress).command("mysqlbinlog")
