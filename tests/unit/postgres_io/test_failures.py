"""What an error of PostgreSQL means."""

import pytest

from connect.api.errors import ConnectError, RetriableError
from connectors.postgres.failures import failure, sqlstate_of_connect_error


@pytest.mark.parametrize("state", ["08000", "08006", "57P01", "57P02", "57P03", "53300", "40001", "55P03", ""])
def test_a_passing_fault_may_be_tried_again(state: str) -> None:
    error = failure(state, "it is gone", "reading")
    assert isinstance(error, RetriableError)
    assert error.sqlstate == state


@pytest.mark.parametrize(
    "state", ["28P01", "28000", "3D000", "42501", "42P01", "53400", "55000", "58P01", "42704", "08P01", "XX000"])
def test_a_refusal_fails_the_task(state: str) -> None:
    error = failure(state, "no", "reading")
    assert isinstance(error, ConnectError)
    assert error.sqlstate == state


@pytest.mark.parametrize(("text", "state"), [
    ('connection to server at "h", port 1 failed: FATAL:  password authentication failed for user "u"', "28P01"),
    ("fe_sendauth: no password supplied", "28P01"),
    ('FATAL:  no pg_hba.conf entry for host "1.2.3.4", user "u", database "d", no encryption', "28000"),
    ('FATAL:  role "u" does not exist', "28000"),
    ('FATAL:  role "u" is not permitted to log in', "28000"),
    ('FATAL:  database "d" does not exist', "3D000"),
    ("FATAL:  permission denied to start WAL sender", "42501"),
    ("FATAL:  must be superuser or replication role to start walsender", "42501"),
    ("FATAL:  the database system is starting up", "57P03"),
    ("FATAL:  the database system is shutting down", "57P03"),
    ("FATAL:  sorry, too many clients already", "53300"),
    ("FATAL:  number of requested standby connections exceeds max_wal_senders (currently 10)", "53300"),
    ("connection refused", "08001"),
    ('could not translate host name "nowhere" to address', "08001"),
    ("server does not support SSL, but SSL was required", "08P01"),
    ("FATAL:  ein Text in einer anderen Sprache", "08001"),
])
def test_the_text_of_a_refused_connection_tells_why(text: str, state: str) -> None:
    assert sqlstate_of_connect_error(text) == state


@pytest.mark.parametrize(("state", "text", "cure"), [
    ("28P01", "password authentication failed", "database.password"),
    ("3D000", "database does not exist", "database.dbname"),
    ("42501", "permission denied to start WAL sender", "ALTER ROLE"),
    ("42501", "permission denied for table t", "GRANT SELECT"),
    ("42501", "permission denied for schema s", "GRANT USAGE"),
    ("42501", "permission denied for database d", "GRANT CONNECT"),
    ("42501", "must be owner of table t", "owner"),
    ("53400", "all replication slots are in use", "max_replication_slots"),
    ("53300", "too many connections", "max_connections"),
    ("55000", 'logical decoding requires "wal_level" >= "logical"', "wal_level = logical"),
    ("55000", 'can no longer get changes from replication slot "s"', "snapshot"),
    ("58P01", "requested WAL segment 000000010000000000000001 has already been removed", "snapshot"),
    ("42704", 'publication "p" does not exist', "create the publication"),
    ("42501", "query would be affected by row-level security policy for table t", "BYPASSRLS"),
])
def test_an_error_names_its_cure(state: str, text: str, cure: str) -> None:
    message = str(failure(state, text, "doing it", "database d at h:1 as u"))
    assert message.startswith("doing it: " + text)
    assert "database d at h:1 as u" in message
    assert cure in message.split("To do: ")[1]


def test_an_error_without_words_says_that_the_connection_broke() -> None:
    assert str(failure("", "", "streaming")) == "streaming: the connection broke"


def test_the_servers_own_words_are_kept_apart() -> None:
    assert failure("28P01", "password  authentication\nfailed", "connecting").said == "password authentication failed"
