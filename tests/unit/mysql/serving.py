"""A log of random transactions with the rows that are to come of it, and a server that sends it from an offset on."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from hypothesis import strategies as st

from connectors.mysql.eventtypes import EventType as E
from connectors.mysql.gtid import gtid_set_of
from connectors.mysql.offsets import BinlogOffset
from connectors.mysql.stream import FilePosition
from connectors.mysql.structure import Flavor
from tests.unit.mysql.binlog_writer import Log
from tests.unit.mysql.decoding import OTHER, T, U

KINDS = ("insert", "large", "mixed", "compressed", "empty", "elsewhere", "ddl", "rotate", "heartbeat", "savepoint", "rollback",
         "prepare", "commit", "abandon", "one phase")


@dataclass
class Written:
    """``rows`` are the ids that must come, in order; ``groups`` the log in pieces: (GTID or None, file, position, packets)."""

    log: Log
    rows: list[int] = field(default_factory=list)
    groups: list[tuple[str | None, str, int, list[bytes]]] = field(default_factory=list)
    heads: dict[str, list[bytes]] = field(default_factory=dict)

    def packets(self, offset: BinlogOffset) -> tuple[list[bytes], FilePosition | None]:
        """What a server sends for that offset, and where that begins when it is in front of the offset's place."""
        flavor = Flavor.MARIADB if self.log.mariadb else Flavor.MYSQL
        if self.log.gtids and not (self.log.mariadb and offset.xa):
            known = gtid_set_of(flavor, offset.gtids or "")
            for xa in offset.xa:
                assert xa.gtid is not None
                known = known.minus(gtid_set_of(flavor, xa.gtid))
            wanted = [g for g in self.groups if g[0] is None or not known.has(g[0])]
            return list(self._sent(wanted)), None
        start = min([(offset.file, offset.pos), *((x.file, x.pos) for x in offset.xa)])
        begins = None if start == (offset.file, offset.pos) else FilePosition(*start)
        wanted = []
        for gtid, file, pos, packets in self.groups:
            kept = []
            for packet in packets:
                size, end = struct.unpack_from("<II", packet, 9)
                if (file, end - size) >= start:
                    kept.append(packet)
            if kept:
                wanted.append((gtid, file, pos, kept))
        return list(self._sent(wanted, FilePosition(*start))), begins

    def _sent(self, groups: list[tuple[str | None, str, int, list[bytes]]], start: FilePosition | None = None) -> Iterator[bytes]:
        at = None
        for _, file, _, packets in groups:
            if file != at:
                at = file
                rotate, description = self.heads[file]
                if start is not None and start.file == file:
                    rotate = Log(file=file, pos=start.pos).packets[0]
                yield rotate
                yield description
            yield from packets


@st.composite
def logs(draw: st.DrawFn, mariadb: bool, gtids: bool = True) -> Written:
    log = Log(mariadb=mariadb, gtids=gtids)
    written = Written(log, heads={log.file: log.packets[:2]})
    prepared: dict[str, list[int]] = {}
    number = 0

    def ids(count: int) -> list[int]:
        nonlocal number
        number += count
        return list(range(number - count + 1, number + 1))

    kinds = [k for k in KINDS if not (mariadb and k == "compressed")]
    for kind in draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=12)):
        log.packets.clear()
        file, pos = log.file, log.pos
        gtid: str | None = None
        match kind:
            case "insert":
                (i,) = ids(1)
                gtid = log.insert(T, (i, "x"))
                written.rows.append(i)
            case "large":
                gtid = log.begin()
                for _ in range(draw(st.integers(1, 3))):
                    some = ids(draw(st.integers(1, 5)))
                    log.change("c", T, *[(i, "x" * 20) for i in some])
                    written.rows += some
                log.xid()
            case "mixed":
                gtid = log.begin()
                log.table_map(T)
                log.table_map(OTHER)
                log.table_map(U)
                a, b = ids(2), ids(3)
                log.rows("c", T, [(i, "x") for i in a], last=False)
                log.rows("c", OTHER, [(1, 1)], last=False)
                log.rows("d", U, [(i, 0) for i in b])
                log.query("COMMIT")
                written.rows += [*a, *b]
            case "compressed":
                some = ids(4)

                def fill(inner: Log, some: list[int] = some) -> None:
                    inner.query("BEGIN")
                    inner.change("c", T, *[(i, "x") for i in some[:3]])
                    inner.change("c", U, (some[3], 0))
                    inner.xid()

                gtid = log.compressed(fill)
                written.rows += some
            case "empty":
                gtid = log.begin()
                log.query("COMMIT")
            case "elsewhere":
                gtid = log.insert(OTHER, (1, 1), (2, 2))
            case "ddl":
                gtid = log.ddl("CREATE TABLE elsewhere.y (id INT)", "elsewhere")
            case "rotate":
                log.rotate(f"binlog.{int(log.file[-6:]) + 1:06}")
                written.heads[log.file] = log.packets[-2:]
                del log.packets[-2:]
            case "heartbeat":
                log.heartbeat()
            case "savepoint":
                kept, lost, more = ids(2), ids(2), ids(1)
                gtid = log.begin()
                log.change("c", T, *[(i, "x") for i in kept])
                log.query("SAVEPOINT `s1`")
                log.change("c", T, *[(i, "lost") for i in lost])
                log.query("ROLLBACK TO `s1`")
                log.change("c", T, *[(i, "x") for i in more])
                log.xid()
                written.rows += [*kept, *more]
            case "rollback":
                gtid = log.begin()
                log.change("c", T, *[(i, "lost") for i in ids(2)])
                log.query("ROLLBACK")
            case "prepare" | "one phase":
                some = ids(draw(st.integers(1, 4)))
                xid = f"x{number}"

                def rows(inner: Log, some: list[int] = some) -> None:
                    inner.change("c", T, *[(i, "x") for i in some])

                gtid = log.xa_prepare(xid, rows, one_phase=kind == "one phase")
                if kind == "one phase":
                    written.rows += some
                else:
                    prepared[xid] = some
            case "commit" | "abandon":
                if not prepared:
                    continue
                xid = draw(st.sampled_from(sorted(prepared)))
                gtid = log.xa_end("COMMIT" if kind == "commit" else "ROLLBACK", xid)
                if kind == "commit":
                    written.rows += prepared[xid]
                del prepared[xid]
        written.groups.append((gtid if gtids else None, file, pos, list(log.packets)))
    return written


HEARTBEAT = E.HEARTBEAT
