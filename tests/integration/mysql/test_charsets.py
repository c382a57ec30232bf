"""Every character set decodes as the server itself converts it, code by code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pymysql
import pytest

from connectors.mysql.types.charsets import Charsets, charset_of, charset_of_collation, read_table, table_query

pytestmark = pytest.mark.integration

WIDE = {"utf8", "utf8mb3", "utf8mb4", "utf16", "utf16le", "utf32", "ucs2", "binary", "gb18030"}
FAR_EAST = {"big5", "cp932", "eucjpms", "euckr", "gb2312", "gbk", "sjis", "ujis"}


def rows(server: Any, *statements: str) -> list[Any]:
    connection = pymysql.connect(
        host=server.host, port=server.port, user=server.user, password=server.password, charset="utf8mb4",
        init_command="SET sql_mode = ''")
    found: list[Any] = []
    with connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
            found = list(cursor.fetchall())
    return found


def converted(server: Any, charset: str, codes: Sequence[bytes]) -> dict[bytes, str]:
    """What the server makes of the codes; without those it has no character for."""
    values = ", ".join(f"(X'{code.hex()}')" for code in codes)
    answers = rows(
        server, "CREATE TEMPORARY TABLE mysql.codes (c VARBINARY(3))", f"INSERT INTO mysql.codes VALUES {values}",
        f"SELECT HEX(c), HEX(CONVERT(CONVERT(c USING {charset}) USING utf8mb4)) FROM mysql.codes")
    found: dict[bytes, str] = {}
    for code, cell in answers:
        text = "" if cell is None else bytes.fromhex(cell).decode()
        if len(text) == 1 and text != "\ufffd" and (text != "?" or code == "3F"):
            found[bytes.fromhex(code)] = text
    return found


@pytest.mark.parametrize("flavor", ["mysql", "mariadb"])
def test_every_collation_tells_its_character_set(flavor: str, request: pytest.FixtureRequest) -> None:
    server = request.getfixturevalue(flavor)
    full = "FULL_COLLATION_NAME, CHARACTER_SET_NAME, ID FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY"
    plain = "COLLATION_NAME, CHARACTER_SET_NAME, ID FROM information_schema.COLLATIONS"
    found = rows(server, f"SELECT {full if flavor == 'mariadb' else plain}")
    assert len(found) > 250
    for name, charset, number in found:
        assert charset_of(number) == charset, name
        assert charset_of_collation(name) == charset


@pytest.mark.parametrize("flavor", ["mysql", "mariadb"])
def test_single_byte_sets_are_the_servers(flavor: str, request: pytest.FixtureRequest) -> None:
    server = request.getfixturevalue(flavor)
    names = {row[0] for row in rows(server, "SELECT CHARACTER_SET_NAME FROM information_schema.CHARACTER_SETS WHERE MAXLEN = 1")}
    charsets = Charsets()
    for name in names - {"binary"}:
        table = read_table(rows(server, table_query(name))[0])
        decode = charsets.decoder(name)
        learnt = Charsets()
        learnt.learn(name, table)
        for code, char in enumerate(table):
            if char not in "\ufffe\ufffd":
                assert decode(bytes([code])) == learnt.decoder(name)(bytes([code])) == char, (name, code)


@pytest.mark.parametrize("charset", sorted(FAR_EAST))
def test_far_eastern_sets_are_the_servers(charset: str, mariadb: Any) -> None:
    codes = [bytes([code]) for code in range(256)] + [bytes([a, b]) for a in range(0x81, 0xFF) for b in range(0x40, 0xFF)]
    if charset in ("ujis", "eucjpms"):
        codes += [bytes([0x8F, a, b]) for a in range(0xA1, 0xFF) for b in range(0xA1, 0xFF)]
    decode = Charsets().decoder(charset)
    found = converted(mariadb, charset, codes)
    assert len(found) > 7000
    assert {code: decode(code) for code in found} == found


def test_all_sets_are_known(mysql: Any, mariadb: Any) -> None:
    for server in (mysql, mariadb):
        for (name,) in rows(server, "SELECT CHARACTER_SET_NAME FROM information_schema.CHARACTER_SETS"):
            assert name == "binary" or Charsets().knows(name), name
