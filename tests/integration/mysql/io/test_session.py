"""Connections: logging in, TLS, statements, raw rows, and what goes wrong."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from connect.api.errors import ConnectError
from connectors.mysql.address import Address, Tls
from connectors.mysql.failures import ConnectionLost, DatabaseError
from connectors.mysql.packets import split_row
from connectors.mysql.session import Session
from connectors.waiting import Stop, Stopped
from tests.integration.mysql.io.conftest import Lab
from tests.proxy import Proxy
from tests.waiting import until

pytestmark = pytest.mark.integration

NUMBERS = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < {n}) SELECT {what} FROM t"


# Statements.

def test_values_and_arguments(lab: Lab) -> None:
    args = ("it's \\ \"x\" ü😀 100%", -5, b"\x00\xff", None, "", b"")
    rows = lab.sql.query("SELECT %s, %s, HEX(%s), %s, %s, %s", args)
    assert rows == [("it's \\ \"x\" ü😀 100%", "-5", "00FF", None, "", "")]
    assert lab.sql.value("SELECT '100%'") == "100%"
    assert lab.sql.query("SELECT 1 FROM DUAL WHERE 1 = 0") == []
    assert lab.sql.value("SELECT 1 FROM DUAL WHERE 1 = 0") is None


def test_many_rows_and_columns(lab: Lab) -> None:
    rows = lab.sql.query(NUMBERS.format(n=1000, what="n, REPEAT('x', 1000)"))
    assert [int(a or 0) for a, _ in rows] == list(range(1, 1001))
    wide = ", ".join(f"{n} AS c{n}" for n in range(1000))
    assert lab.sql.query(f"SELECT {wide}") == [tuple(map(str, range(1000)))]


def test_records_have_names(lab: Lab) -> None:
    assert lab.sql.records("SELECT 1 AS One, NULL AS `Two Words`") == [{"one": "1", "two words": None}]


def test_several_results_of_one_statement(lab: Lab) -> None:
    lab.sql.execute("CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END")
    assert lab.sql.query("CALL p()") == [("2",)]
    assert lab.sql.value("SELECT 3") == "3"


def test_an_error_leaves_the_connection_good(lab: Lab) -> None:
    with pytest.raises(DatabaseError, match=r"doing it: .*error 1146") as caught:
        lab.sql.query("SELECT * FROM nowhere_at_all", doing="doing it")
    assert caught.value.number == 1146
    assert lab.sql.value("SELECT 1") == "1"


def test_settings_are_pinned_whatever_server_and_user_say(lab: Lab) -> None:
    again = lab.open(initial_statements="SET time_zone = '+05:00'; SET sql_mode = 'ANSI_QUOTES'; SET NAMES latin1; SET @kept = 1",
                     statement_timeout=7)
    timeout = "@@max_statement_time" if lab.flavor == "mariadb" else "@@max_execution_time"
    for session, limit in ((lab.sql, 0.0), (again, 7.0)):
        ((zone, mode, client, results, seconds),) = session.query(
            f"SELECT @@time_zone, @@sql_mode, @@character_set_client, @@character_set_results, {timeout}")
        assert (zone, mode, client, results) == ("+00:00", "", "utf8mb4", "utf8mb4")
        assert float(seconds or 0) in (limit, limit * 1000)
    assert again.value("SELECT @kept") == "1"


def test_a_failing_initial_statement_is_told_without_its_text(lab: Lab) -> None:
    with pytest.raises(ConnectError, match=r"statement 2 of database\.initial\.statements") as caught:
        lab.open(initial_statements="SET @a = 1; SET @b = SELECT 's3cret'")
    assert "s3cret" not in str(caught.value)


# Logging in.

@pytest.mark.parametrize("password", ["", "plain", "pässwörd €😀 'x'"])
def test_passwords_of_all_kinds(lab: Lab, password: str) -> None:
    user = lab.user(password)
    for mode in ("disabled", "preferred"):
        assert lab.open(lab.address(user=user, password=password, tls=Tls(mode))).value("SELECT 1") == "1"


def test_a_wrong_password_is_final_and_told_without_it(lab: Lab) -> None:
    with pytest.raises(DatabaseError, match=r"error 1045.*database\.password") as caught:
        lab.open(lab.address(password="s3cret"))
    assert "s3cret" not in str(caught.value)


def test_an_unknown_host_and_a_refused_port_are_tried_again(lab: Lab) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = listener.getsockname()[1]
    for address in (lab.address(host="nowhere.invalid"), lab.address(port=closed)):
        with pytest.raises(ConnectionLost, match=r"database\.hostname"):
            lab.open(address)


@pytest.mark.parametrize("says", [b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"\x05\0\0\0\x0a5\0", b"\xff" * 100])
def test_what_is_no_mysql_server(says: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def serve() -> None:
            one, _ = listener.accept()
            with one:
                one.sendall(says)
                one.settimeout(5)
                one.recv(1000)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        address = Address("127.0.0.1", listener.getsockname()[1], "cdc", "cdc", Tls("disabled"), connect_timeout=0.5)
        with pytest.raises((ConnectionLost, DatabaseError), match=r"database\.hostname"):
            Session.open(address, "test")
        thread.join(5)


# TLS.

def test_tls_where_there_is_none(lab_of: Callable[[str], Lab]) -> None:
    lab = lab_of("mariadb")
    if lab.sql.value("SELECT @@have_ssl") == "YES":
        pytest.fail("this MariaDB offers TLS: the test needs one that does not")
    assert lab.open(lab.address(tls=Tls("preferred"))).value("SELECT 1") == "1"
    with pytest.raises(DatabaseError, match=r"SSL is required.*database\.ssl\.mode"):
        lab.open(lab.address(tls=Tls("trust")))


def test_tls_modes(lab_of: Callable[[str], Lab], tmp_path: Path) -> None:
    lab = lab_of("mysql")
    cipher = "SHOW STATUS LIKE 'Ssl_cipher'"
    assert lab.sql.query(cipher) == [("Ssl_cipher", "")]
    for mode in ("preferred", "required"):
        session = lab.open(lab.address(tls=Tls(mode)))
        assert session.query(cipher)[0][1]
        assert len(session.query(NUMBERS.format(n=1000, what="REPEAT('x', 10000)"))) == 1000
    sock = session.channel._sock
    assert isinstance(sock, ssl.SSLSocket)
    trusted = tmp_path / "server.pem"
    trusted.write_text(ssl.DER_cert_to_PEM_cert(sock.getpeercert(True) or b""))
    session = lab.open(lab.address(tls=Tls("verify_ca", truststore=str(trusted))))
    assert session.query(cipher)[0][1]
    for tls in (Tls("verify_ca"), Tls("verify_identity", truststore=str(trusted))):
        with pytest.raises(DatabaseError, match=r"TLS: .*database\.ssl\.truststore"):
            lab.open(lab.address(tls=tls))


def test_a_user_who_must_use_tls(lab_of: Callable[[str], Lab]) -> None:
    lab = lab_of("mysql")
    user = lab.user("x")
    lab.sql.execute(f"ALTER USER '{user}' REQUIRE SSL")
    with pytest.raises(DatabaseError, match="1045"):
        lab.open(lab.address(user=user, password="x"))
    assert lab.open(lab.address(user=user, password="x", tls=Tls("required"))).value("SELECT 1") == "1"


# Waiting.

def test_a_stop_ends_a_statement_here_and_on_the_server(lab: Lab) -> None:
    flag = threading.Event()
    session = lab.open(stop=Stop(flag.is_set))
    threading.Timer(0.3, flag.set).start()
    with pytest.raises(Stopped):
        session.query("SELECT SLEEP(300)")
    assert session.closed
    until(lambda: str(session.thread_id) not in lab.threads(), 10, "the end of the statement on the server")


def test_a_statement_that_takes_too_long(lab: Lab) -> None:
    session = lab.open()
    with pytest.raises(ConnectionLost, match=r"no answer within 0\.3 s.*database\.query\.timeout\.ms"):
        session.query("SELECT SLEEP(300)", timeout=0.3)
    until(lambda: str(session.thread_id) not in lab.threads(), 10, "the end of the statement on the server")
    limited = lab.open(statement_timeout=0.3)
    heavy = "SELECT COUNT(*) FROM " + ", ".join(f"information_schema.collations {x}" for x in "abcd")
    with pytest.raises(ConnectionLost, match=r"1969|3024"):
        limited.query(heavy)
    assert limited.value("SELECT 1") == "1"


def test_somebody_is_told_while_a_statement_waits(lab: Lab) -> None:
    told: list[float] = []
    lab.open().query("SELECT SLEEP(1.2)", waiting=lambda: told.append(time.monotonic()))
    assert len(told) == 2


def test_a_killed_connection_is_tried_again(lab: Lab) -> None:
    session = lab.open()
    lab.sql.execute(f"KILL {session.thread_id}")
    with pytest.raises(ConnectionLost):
        session.query("SELECT 1")
    assert session.closed
    with pytest.raises(ConnectionLost):
        session.query("SELECT 1")


def test_a_server_that_freezes(lab: Lab) -> None:
    with Proxy(lab.server.host, lab.server.port) as proxy:
        session = lab.open(lab.address(host="127.0.0.1", port=proxy.port))
        proxy.freeze()
        with pytest.raises(ConnectionLost, match="no answer"):
            session.query("SELECT 1", timeout=0.3)
        with pytest.raises(ConnectionLost, match="no answer"):
            lab.open(lab.address(host="127.0.0.1", port=proxy.port, connect_timeout=0.5))


# Raw rows.

def test_raw_rows_are_what_was_sent(lab: Lab) -> None:
    rows = lab.sql.raw_rows(NUMBERS.format(n=1000, what="n, NULL AS nothing, REPEAT('y', n)"))
    assert [c.name for c in rows.columns] == ["n", "nothing", "REPEAT('y', n)"]
    found = [split_row(row, 3) for row in rows]
    assert found == [(b"%d" % n, None, b"y" * n) for n in range(1, 1001)]
    assert lab.sql.value("SELECT 1") == "1"


def test_no_rows_at_all(lab: Lab) -> None:
    assert list(lab.sql.raw_rows("SELECT 1 FROM DUAL WHERE 1 = 0")) == []
    assert list(lab.sql.raw_rows("SET @a = 1")) == []


def test_gulps_have_bounds(lab: Lab) -> None:
    rows = lab.sql.raw_rows(NUMBERS.format(n=1000, what="REPEAT('y', 1000)"))
    sizes = []
    while gulp := rows.read(max_rows=100, max_bytes=20_000):
        sizes.append(len(gulp))
    assert sum(sizes) == 1000
    assert max(sizes) <= 20


def test_a_row_of_many_megabytes_is_one(lab: Lab) -> None:
    size = 2**24 + 10
    lab.sql.execute("CREATE TABLE t (a INT PRIMARY KEY, b LONGBLOB)")
    lab.sql.execute("INSERT INTO t VALUES (1, REPEAT('z', %s)), (2, 'small')", (size,))
    rows = list(lab.sql.raw_rows("SELECT b, a FROM t ORDER BY a"))
    assert split_row(rows[0], 2) == (b"z" * size, b"1")
    assert split_row(rows[1], 2) == (b"small", b"2")


def test_texts_come_in_their_own_charsets(lab: Lab) -> None:
    lab.sql.execute("CREATE TABLE t (a VARCHAR(9) CHARACTER SET latin1, b VARCHAR(9) CHARACTER SET utf16)")
    lab.sql.execute("INSERT INTO t VALUES ('é', 'é')")
    lab.sql.execute("SET character_set_results = NULL")
    assert [split_row(r, 2) for r in lab.sql.raw_rows("SELECT * FROM t")] == [(b"\xe9", b"\0\xe9")]


def test_rows_before_an_error_are_given_first(lab: Lab) -> None:
    lab.sql.execute("CREATE TABLE t (a INT PRIMARY KEY, b INT)")
    lab.sql.execute("INSERT INTO t " + NUMBERS.format(n=1000, what="n, n"))
    rows = lab.sql.raw_rows("SELECT a, (SELECT x.b FROM t x WHERE x.a = t.a OR (t.a > 500 AND x.a = 1)) FROM t ORDER BY a")
    found = []
    with pytest.raises(DatabaseError, match="1242"):
        while gulp := rows.read():
            found += gulp
    assert len(found) == 500
    assert lab.sql.value("SELECT 1") == "1"


def test_unread_rows_are_not_forgotten(lab: Lab) -> None:
    session = lab.open()
    rows = session.raw_rows(NUMBERS.format(n=1000, what="REPEAT('y', 10000)"))
    with pytest.raises(ConnectError, match="still unread"):
        session.query("SELECT 1")
    assert len(list(rows)) == 1000
    assert session.value("SELECT 1") == "1"


def test_rows_that_are_left_are_ended_on_the_server(lab: Lab) -> None:
    session = lab.open()
    rows = session.raw_rows("SELECT REPEAT('y', 10000) FROM information_schema.collations a, information_schema.collations b")
    assert rows.read()
    rows.close()
    assert session.closed
    until(lambda: str(session.thread_id) not in lab.threads(), 10, "the end of the statement on the server")


def test_a_connection_that_is_cut_among_rows(lab: Lab) -> None:
    with Proxy(lab.server.host, lab.server.port) as proxy:
        session = lab.open(lab.address(host="127.0.0.1", port=proxy.port))
        rows = session.raw_rows("SELECT REPEAT('y', 10000) FROM information_schema.collations a, information_schema.collations b")
        assert rows.read()
        proxy.cut()
        with pytest.raises(ConnectionLost, match="connection"):
            while rows.read():
                pass
        assert session.closed


def test_a_stop_among_rows(lab: Lab) -> None:
    flag = threading.Event()
    session = lab.open(stop=Stop(flag.is_set))
    rows = session.raw_rows("SELECT SLEEP(0.1), REPEAT('y', 20000) FROM information_schema.collations")
    threading.Timer(0.3, flag.set).start()
    with pytest.raises(Stopped):
        while rows.read():
            pass
    until(lambda: str(session.thread_id) not in lab.threads(), 10, "the end of the statement on the server")
