"""Makes the corpus of the event targets from real servers: python -m tests.fuzz.record mysql://USER:PASSWORD@HOST:PORT …

Runs the statements of ``workload/`` on throw-away servers (they set global variables), reads their binary logs as a replica does,
and writes one group of events of each kind.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pymysql
from pymysql.constants import COMMAND

from connectors.mysql.events import EventParser, FormatDescription, Heartbeat, PreviousGtids, Rotate, TableMap, TransactionPayload
from connectors.mysql.eventtypes import Gtid, MariaGtid
from tests.fuzz.targets import CORPUS

_NOT_ALLOWED = 1785
"""A statement that GTID consistency forbids: fine, the other family logs it."""
_LARGEST = 8192
_WORKLOAD = Path(__file__).parent / "workload"


def main(urls: list[str]) -> None:
    for url in urls:
        parts = urlsplit(url)
        login = {"host": parts.hostname, "port": parts.port, "user": parts.username, "password": parts.password or ""}
        connection = pymysql.connect(**login, autocommit=True, charset="utf8mb4")
        mariadb = "MariaDB" in connection.get_server_info()
        cursor = connection.cursor()
        cursor.execute("SHOW MASTER STATUS" if mariadb else "SHOW BINARY LOG STATUS")
        file, pos = cursor.fetchone()[:2]
        cursor.execute("SELECT @@server_id")
        run(cursor, "common.sql")
        run(cursor, "mariadb.sql" if mariadb else "mysql.sql")
        packets = list(dump(login, file, pos, mariadb))
        if not mariadb:
            cursor.execute("SET GLOBAL gtid_mode = ON")  # not before: then anonymous transactions could not be read
        write("mariadb" if mariadb else "mysql", mariadb, packets)


def run(cursor: Any, name: str) -> None:
    for sql in (_WORKLOAD / name).read_text().split(";\n")[:-1]:
        try:
            cursor.execute(sql)
            cursor.fetchall()
        except pymysql.OperationalError as error:
            if error.args[0] != _NOT_ALLOWED:
                raise


def dump(login: dict[str, Any], file: str, pos: int, mariadb: bool) -> Iterator[bytes]:
    """The event packets from there on, until the first heartbeat."""
    connection = pymysql.connect(**login, autocommit=True)
    cursor = connection.cursor()
    for name in ("master_heartbeat_period",) if mariadb else ("master_heartbeat_period", "source_heartbeat_period"):
        cursor.execute(f"SET @{name} = 1000000000")
    cursor.execute("SET @master_binlog_checksum = 'CRC32'")
    if mariadb:
        cursor.execute("SET @mariadb_slave_capability = 4")
    else:
        cursor.execute("SET @source_binlog_checksum = 'CRC32'")
    flags = 2  # heartbeats of version 2; MariaDB: send annotate rows events
    connection._execute_command(COMMAND.COM_BINLOG_DUMP, struct.pack("<IHI", pos, flags, 4242) + file.encode())
    while True:
        raw = connection._read_packet().get_all_data()[1:]
        yield raw
        if raw[4] in (27, 41):
            return


def write(label: str, mariadb: bool, packets: list[bytes]) -> None:
    parser = EventParser(checksum=True)
    groups: list[list[bytes]] = []
    for number, raw in enumerate(packets):
        event = parser.parse(raw)
        crc = parser.checksum or isinstance(event, FormatDescription)
        if isinstance(event, Rotate) and event.fake and number == 0:
            crc = True
        # Without the checksum: so a changed event is not refused at once. A format description keeps its room for one.
        bare = bytearray(raw[:-4] if crc and not isinstance(event, FormatDescription) else raw)
        bare[9:13] = len(bare).to_bytes(4, "little")
        if isinstance(event, FormatDescription):
            bare[-5] = 0
        alone = isinstance(event, FormatDescription | Rotate | Heartbeat | PreviousGtids | Gtid | MariaGtid)
        if alone or not groups:
            groups.append([])
        groups[-1].append(bytes(bare))
        if isinstance(event, TableMap):
            shape = bare[27:]
            save("table_map", f"{label}-{event.table[:8].strip()}-{len(shape)}", bytes((mariadb,)) + shape)
        if isinstance(event, PreviousGtids):
            save("gtid_binary", f"{label}-{len(event.raw)}", event.raw)
            save("gtid_text", f"{label}-{len(event.raw)}", str(event.gtids).encode())
        if isinstance(event, TransactionPayload):
            save("payload", f"{label}-{len(bare)}", bytes(bare[19:]))
    seen = set()
    for group in groups:
        types = "-".join(str(raw[4]) for raw in group)
        key = types, sum(map(len, group)) // 64
        if key not in seen:
            seen.add(key)
            save("events", f"{label}-{types}-{key[1]}", bytes((mariadb,)) + b"".join(group))


def save(target: str, name: str, data: bytes) -> None:
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    if len(data) <= _LARGEST:
        Path(folder / name.replace("/", "_").replace("`", "")).write_bytes(data)


if __name__ == "__main__":
    main(sys.argv[1:])
