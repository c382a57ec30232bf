"""The baseline: a plain reader that drains a slot and does nothing with what it reads, one message a call."""

from __future__ import annotations

import select
import struct
import time
from dataclasses import dataclass

import psycopg
from psycopg import pq

__all__ = ["Drained", "drain"]


@dataclass(frozen=True, slots=True)
class Drained:
    """What a run took: rows, wall and CPU seconds of the reader."""

    rows: int
    seconds: float
    cpu_seconds: float


def drain(conninfo: str, slot: str, publication: str, rows: int) -> Drained:
    """Read that many row changes from the slot, without confirming anything."""
    connection = pq.PGconn.connect(f"{conninfo} replication=database".encode())
    if connection.status != pq.ConnStatus.OK:
        raise RuntimeError(connection.error_message.decode())
    command = f"START_REPLICATION SLOT {slot} LOGICAL 0/0 (proto_version '1', publication_names '{publication}')"
    result = connection.exec_(command.encode())
    if result.status != pq.ExecStatus.COPY_BOTH:
        raise RuntimeError((result.error_message or b"").decode())
    seen = 0
    began, cpu = time.monotonic(), time.process_time()
    while seen < rows:
        size, data = connection.get_copy_data(1)
        if size == 0:
            select.select([connection.socket], [], [], 5)
            connection.consume_input()
        elif size < 0:
            raise RuntimeError(connection.error_message.decode())
        elif data[0] == 0x77 and data[25] in b"IUD":
            seen += 1
        elif data[0] == 0x6B and data[17]:
            connection.put_copy_data(b"r" + struct.pack(">QQQQB", 0, 0, 0, 0, 0))
            connection.flush()
    done = Drained(seen, time.monotonic() - began, time.process_time() - cpu)
    connection.finish()
    return done


def make_slot(dsn: str, slot: str, publication: str, table: str) -> None:
    """A slot and a publication for the plain reader, at the present end of the log."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"DROP PUBLICATION IF EXISTS {publication}")
        connection.execute(f"CREATE PUBLICATION {publication} FOR TABLE {table}")
        connection.execute("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", [slot])
