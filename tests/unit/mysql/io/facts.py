"""Servers for tests that need none."""

from __future__ import annotations

from typing import Any

from connectors.mysql.server import LogFile, LogStatus, ServerFacts
from connectors.mysql.stream import FilePosition
from connectors.mysql.structure import Flavor

A = "aaaaaaaa-0000-11f1-9771-02fc00000001"
B = "bbbbbbbb-0000-11f1-9771-02fc00000002"
C = "cccccccc-0000-11f1-9771-02fc00000003"


def mysql(**changes: Any) -> ServerFacts:
    given: dict[str, Any] = {
        "flavor": Flavor.MYSQL, "version": (9, 4, 0), "version_text": "9.4.0", "uuid": A, "server_id": 1, "log_bin": True,
        "binlog_format": "ROW", "row_image": "FULL", "row_metadata": "FULL", "row_value_options": "", "gtid_mode": "ON",
        "executed": f"{A}:1-100", "purged": "", "lower_case_table_names": 0, "charset": "utf8mb4",
        "collation": "utf8mb4_0900_ai_ci", "status": LogStatus(FilePosition("binlog.000005", 900), f"{A}:1-100"),
        "files": tuple(LogFile(f"binlog.{n:06d}", 1000) for n in (3, 4, 5)),
        "rights": frozenset({"REPLICATION SLAVE", "REPLICATION CLIENT"}), "replicas": (),
    }
    return ServerFacts(**(given | changes))


def mariadb(**changes: Any) -> ServerFacts:
    return mysql(**({"flavor": Flavor.MARIADB, "version": (10, 11, 6), "version_text": "10.11.6-MariaDB", "uuid": "uid=",
                     "executed": "0-1-100,5-2-7"} | changes))
