"""Numbers and texts of servers as errors: passing or final, with a cure, without values or secrets."""

from __future__ import annotations

import pytest

from connectors.mysql.failures import ConnectionLost, DatabaseError, DumpFault, DumpRefused, dump_failure, failure


@pytest.mark.parametrize("number", [0, 1040, 1053, 1158, 1205, 1213, 1317, 1927, 1969, 2003, 2006, 2013, 3024, 4031])
def test_passing(number: int) -> None:
    error = failure(number, "some text", "asking", "db:3306 as cdc")
    assert isinstance(error, ConnectionLost)
    assert error.retriable
    assert error.number == number


@pytest.mark.parametrize(("number", "text", "cure"), [
    (1045, "Access denied for user 'cdc'@'%' (using password: YES)", "database.password"),
    (1130, "Host 'x' is not allowed to connect", "CREATE USER"),
    (1129, "Host 'x' is blocked because of many connection errors", "FLUSH HOSTS"),
    (1227, "Access denied; you need (at least one of) the REPLICATION CLIENT privilege(s)", "GRANT REPLICATION CLIENT"),
    (1227, "Access denied; you need (at least one of) the BINLOG MONITOR privilege(s)", "BINLOG MONITOR"),
    (1227, "Access denied; you need (at least one of) the REPLICATION SLAVE privilege(s)", "GRANT REPLICATION SLAVE"),
    (1227, "Access denied; you need (at least one of) the RELOAD or FLUSH_TABLES privilege(s)", "GRANT RELOAD"),
    (1142, "SELECT command denied to user 'cdc'@'%' for table 't'", "GRANT SELECT"),
    (1862, "Your password has expired", "change the user's password"),
    (3118, "Access denied for user 'cdc'@'%'. Account is locked.", "ACCOUNT UNLOCK"),
    (3159, "Connections using insecure transport are prohibited", "database.ssl.mode"),
    (2026, "TLS: self-signed certificate (certificate verify failed)", "database.ssl.truststore"),
    (2059, "'pynacl' package is required for ed25519_password auth method", "PyNaCl"),
])
def test_final_with_a_cure(number: int, text: str, cure: str) -> None:
    error = failure(number, text, "asking", "db:3306 as cdc")
    assert isinstance(error, DatabaseError)
    assert not error.retriable
    assert cure in str(error).partition(". To do: ")[2]
    assert str(error).startswith("asking: ")
    assert "db:3306" in str(error)


@pytest.mark.parametrize(("number", "text"), [
    (1062, "Duplicate entry 's3cret' for key 't.PRIMARY'"),
    (1366, "Incorrect integer value: 's3cret' for column 'a' at row 1"),
    (1292, "Truncated incorrect DOUBLE value: 's3cret'"),
    (1690, "BIGINT value is out of range in '(`t`.`a` + \"s3cret\")'"),
])
def test_values_do_not_appear(number: int, text: str) -> None:
    error = failure(number, text, "running heartbeat.action.query")
    assert "s3cret" not in str(error)
    assert "s3cret" not in error.said


TEXTS = [
    ("Could not find first log file name in binary log index file", DumpFault.PURGED),
    ("Cannot replicate because the source purged required binary logs. Replicate the missing transactions from elsewhere, or "
     "provision a new replica from backup.", DumpFault.PURGED),
    ("The slave is connecting using CHANGE MASTER TO MASTER_AUTO_POSITION = 1, but the master has purged binary logs containing "
     "GTIDs that the slave requires.", DumpFault.PURGED),
    ("Could not find GTID state requested by slave in any binlog files. Probably the slave state is too old and required binlog "
     "files have been purged.", DumpFault.PURGED),
    ("Client requested source to start replication from position > file size", DumpFault.PURGED),
    ("Client requested master to start replication from impossible position; the first event 'a' at 9", DumpFault.PURGED),
    ("A replica with the same server_uuid/server_id as this replica has connected to the source; the first event '' at 4",
     DumpFault.DUPLICATE_SERVER_ID),
    ("A slave with the same server_uuid/server_id as this slave has connected to the master", DumpFault.DUPLICATE_SERVER_ID),
    ("log event entry exceeded max_allowed_packet; Increase max_allowed_packet on source; the first event", DumpFault.TOO_LARGE),
    ("binlog truncated in the middle of event; consider out of disk space on source", DumpFault.CORRUPTED),
    ("event read from binlog did not pass crc check; the first event", DumpFault.CORRUPTED),
    ("bogus data in log event", DumpFault.CORRUPTED),
    ("Replica has more GTIDs than the source has, using the source's SERVER_UUID. This may indicate that the the last binary log "
     "file was truncated or lost", DumpFault.UNKNOWN_GTID),
    ("Error: connecting slave requested to start from GTID 0-1-99, which is not in the master's binlog", DumpFault.UNKNOWN_GTID),
    ("Binary log is not open", DumpFault.NOT_LOGGING),
    ("The replication sender thread cannot start in AUTO_POSITION mode: this server has GTID_MODE = OFF instead of ON.",
     DumpFault.OTHER),
    ("something that nobody has seen yet", DumpFault.OTHER),
]


@pytest.mark.parametrize(("text", "fault"), TEXTS)
def test_one_number_many_reasons(text: str, fault: DumpFault) -> None:
    error = dump_failure(1236, text, "streaming", "db:3306 as cdc", 4711)
    assert isinstance(error, DumpRefused)
    assert error.fault is fault
    assert text in str(error)
    assert ". To do: " in str(error)
    assert ("4711" in str(error)) == (fault is DumpFault.DUPLICATE_SERVER_ID)


def test_mariadbs_own_number_for_an_id_used_twice() -> None:
    error = dump_failure(4052, "A slave with the same server_uuid/server_id is already connected", "streaming", "db", 4711)
    assert isinstance(error, DumpRefused)
    assert error.fault is DumpFault.DUPLICATE_SERVER_ID


def test_a_dump_that_was_killed_is_tried_again() -> None:
    assert isinstance(dump_failure(1317, "Query execution was interrupted", "streaming", "db", 1), ConnectionLost)
    assert isinstance(dump_failure(1053, "Server shutdown in progress", "streaming", "db", 1), ConnectionLost)
