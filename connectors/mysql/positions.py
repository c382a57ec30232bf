"""Where to go on: the stored offset against what the server still has, before anything is read. Pure.

The rule: never a silent gap. With GTIDs any server will do that has all transactions of the stored set, and still has in its
log all that came since. A file and position mean something on one server only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from connect.api.errors import ConnectError
from connectors.mysql.gtid import GtidError, MariaDbGtidSet, MySqlGtidSet
from connectors.mysql.offsets import BinlogOffset
from connectors.mysql.server import LogFile, ServerFacts
from connectors.mysql.stream import FilePosition
from connectors.mysql.structure import Flavor

__all__ = ["Loss", "Lost", "Position", "Resume", "resume"]

Position = FilePosition | MySqlGtidSet | MariaDbGtidSet

_SHOWN = 300


class Loss(StrEnum):
    """Why a stored position cannot be gone on from."""

    PURGED = "purged"
    FOREIGN = "another server"
    AHEAD = "ahead of the server"


@dataclass(frozen=True, slots=True)
class Resume:
    """``start`` is what to ask the server for, ``offset`` how far in it the work is done; they differ from what was stored
    where the server is another one, or an XA transaction that was prepared before has to be read again."""

    start: Position
    offset: BinlogOffset


@dataclass(frozen=True, slots=True)
class Lost:
    """The position is not on this server; ``text`` says what is missing."""

    loss: Loss
    text: str


def everything(source: str) -> bool:
    """Every source counts: no gtid.source.includes and excludes."""
    return True


def resume(offset: BinlogOffset, facts: ServerFacts, counts: Callable[[str], bool] = everything) -> Resume | Lost:
    """Where to go on with this offset, ours or Debezium's. ``counts`` says which GTID sources matter
    (gtid.source.includes/excludes): what others wrote is neither missed nor asked for.

    Raises ConnectError when the offset itself makes no sense.
    """
    if not offset.file and not offset.gtids:
        raise ConnectError(
            "the stored offset has neither 'file' and 'pos' nor 'gtids': it is no place in a binary log. "
            "To do: correct it with PATCH /connectors/NAME/offsets, or delete the offset")
    if offset.gtids and facts.gtids_on and not (facts.flavor is Flavor.MARIADB and offset.xa):
        try:
            if facts.flavor is Flavor.MARIADB:
                return _mariadb(offset, facts, counts)
            return _mysql(offset, facts, counts)
        except GtidError as e:
            raise ConnectError(
                f"the stored offset's 'gtids' cannot be read as {facts.flavor}'s GTIDs: {e}. To do: see that the connector is "
                "the one for this kind of server; correct the offset with PATCH /connectors/NAME/offsets, or delete it") from None
    return _file(offset, facts)


def _same_server(offset: BinlogOffset, facts: ServerFacts) -> bool | None:
    """None when it cannot be told."""
    if not offset.server_uuid or not facts.uuid:
        return None
    return offset.server_uuid == facts.uuid


def _elsewhere(offset: BinlogOffset, facts: ServerFacts) -> BinlogOffset:
    """The offset for this server: on another one a transaction's events may be cut differently, so it is read as a whole."""
    if _same_server(offset, facts) is not False:
        return offset
    return offset.but(event=0, row=0, transaction_id=None, tx_counts={}, file="", pos=0)


def _mysql(offset: BinlogOffset, facts: ServerFacts, counts: Callable[[str], bool]) -> Resume | Lost:
    stored = MySqlGtidSet.parse(offset.gtids or "")
    executed = MySqlGtidSet.parse(facts.executed)
    purged = MySqlGtidSet.parse(facts.purged or "")
    mine = stored.keep(counts)
    unknown = mine.minus(executed)
    if unknown:
        return Lost(Loss.AHEAD, (
            f"the stored offset has transactions that the server does not have: {_shown(unknown)}. The server lost the end of "
            "its log, was restored from a backup, or is not the one (or a replica of it) that was read before"))
    for xa in offset.xa:
        if xa.gtid is not None and counts(xa.gtid.partition(":")[0].lower()):
            mine = mine.minus(MySqlGtidSet.parse(xa.gtid))
    missing = purged.keep(counts).minus(mine)
    if missing:
        return Lost(Loss.PURGED, (
            f"the server has purged transactions that were not read yet: {_shown(missing)}; the stored offset is "
            f"{_shown(stored)}"))
    others = stored.minus(stored.keep(counts))
    known = others.minus(others.minus(executed))
    start = mine.union(known).union(purged.minus(purged.keep(counts)))
    return Resume(start, _elsewhere(offset, facts))


def _mariadb(offset: BinlogOffset, facts: ServerFacts, counts: Callable[[str], bool]) -> Resume | Lost:
    stored = MariaDbGtidSet.parse(offset.gtids or "")
    current = MariaDbGtidSet.parse(facts.executed)
    mine = stored.keep(counts)
    unknown = mine.minus(current)
    if unknown:
        return Lost(Loss.AHEAD, (
            f"the stored offset is at GTID {_shown(mine)}, the server at {_shown(current) or 'none'}: the server lost the end of "
            "its log, was restored from a backup, or is not the one (or a replica of it) that was read before"))
    start = stored.minus(stored.minus(current))
    if facts.purged is not None:
        oldest = MariaDbGtidSet.parse(facts.purged)
        missing = oldest.keep(counts).minus(mine)
        if missing:
            return Lost(Loss.PURGED, (
                f"the server's oldest log file begins after GTID {_shown(missing)}; the stored offset is {_shown(stored)}"))
        start = start.union(oldest.minus(oldest.keep(counts)))
    return Resume(start, _elsewhere(offset, facts))


def _file(offset: BinlogOffset, facts: ServerFacts) -> Resume | Lost:
    at = FilePosition(offset.file, offset.pos)
    same = _same_server(offset, facts)
    if offset.gtids and not facts.gtids_on and same is not True:
        return Lost(Loss.FOREIGN, (
            f"the stored offset has GTIDs, and the server's gtid_mode is {facts.gtid_mode}: it cannot be told whether it is the "
            "same server. Set gtid_mode=ON if it was on before"))
    if not offset.file:
        return Lost(Loss.FOREIGN, (
            f"the stored offset has GTIDs only, and the server's gtid_mode is {facts.gtid_mode}. Set gtid_mode=ON if it was on "
            "before"))
    if same is False:
        what = "an XA transaction that was prepared there has to be read again" if offset.xa and offset.gtids else \
            "without GTIDs its position means nothing here"
        return Lost(Loss.FOREIGN, (
            f"the stored offset {at} belongs to the server {offset.server_uuid}, this one is {facts.uuid}: {what}. See that "
            "database.hostname and database.port are right"))
    starts = [at, *(FilePosition(x.file, x.pos) for x in offset.xa)]
    if facts.files is not None:
        for place in starts:
            lost = _missing(place, facts.files)
            if lost is not None:
                return lost
        order = {f.name: n for n, f in enumerate(facts.files)}
        starts.sort(key=lambda p: (order[p.file], p.pos))
    else:
        starts.sort(key=lambda p: (_number(p.file), p.pos))
    return Resume(starts[0], offset)


def _missing(at: FilePosition, files: Sequence[LogFile]) -> Lost | None:
    sizes = {f.name: f.size for f in files}
    if at.file in sizes:
        if at.pos > sizes[at.file]:
            return Lost(Loss.AHEAD, (
                f"the stored offset is at {at}, the file ends at {sizes[at.file]}: the server was reset, or restored from a "
                "backup"))
        return None
    if not files:
        return Lost(Loss.PURGED, f"the server has no log files; the stored offset is at {at}")
    oldest, newest = files[0].name, files[-1].name
    if _number(at.file) > _number(newest):
        return Lost(Loss.AHEAD, (
            f"the stored offset is at {at}, the server's newest log file is {newest}: the server was reset, or is another one"))
    return Lost(Loss.PURGED, (
        f"the stored offset is at {at}, and the server does not have that file any more; its log files are {oldest} to {newest}"))


def _number(name: str) -> int:
    """The number at a log file's end."""
    suffix = name.rpartition(".")[2]
    return int(suffix) if suffix.isascii() and suffix.isdigit() and len(suffix) < 20 else -1


def _shown(gtids: MySqlGtidSet | MariaDbGtidSet) -> str:
    text = str(gtids)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
