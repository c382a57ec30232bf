"""Which statements say anything of tables, and what of those that cannot be read."""

from __future__ import annotations

import pytest

from connectors.mysql.ddl.context import DdlContext, DdlError
from connectors.mysql.ddl.statements import leading_words, parse
from connectors.mysql.ddl.tree import AlterTable, CreateTable, DropTables
from connectors.mysql.structure import Flavor

MYSQL = DdlContext(version=90704)
MARIADB = DdlContext(Flavor.MARIADB, version=101118)

SILENT = """
GRANT ALL ON *.* TO u@h IDENTIFIED BY 'x
REVOKE ALL ON t FROM u
CREATE VIEW v AS SELECT * FROM t
CREATE OR REPLACE VIEW v AS SELECT 1
CREATE OR REPLACE ALGORITHM=MERGE DEFINER=`a`@`%` SQL SECURITY INVOKER VIEW v AS SELECT 1
ALTER VIEW v AS SELECT 1
ALTER ALGORITHM = MERGE VIEW v AS SELECT 1
DROP VIEW v
CREATE PROCEDURE p() BEGIN CREATE TABLE t (a INT); END
CREATE DEFINER=`root`@`localhost` PROCEDURE p() SELECT 'unbalanced
CREATE DEFINER=CURRENT_USER TRIGGER t BEFORE INSERT ON x FOR EACH ROW SET NEW.a = 1
CREATE TRIGGER IF NOT EXISTS t BEFORE INSERT ON x FOR EACH ROW SET @a = 1
DROP TRIGGER t
CREATE FUNCTION f() RETURNS INT RETURN 1
CREATE AGGREGATE FUNCTION f RETURNS INTEGER SONAME 'x.so'
CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM t
ALTER EVENT e ENABLE
CREATE USER u IDENTIFIED WITH x BY 'y'
ALTER USER u IDENTIFIED BY 'secret'
RENAME USER a TO b
DROP USER u
CREATE ROLE r
SET PASSWORD FOR u = 'x'
SET DEFAULT ROLE r TO u
SET @a = 1
CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (HOST 'h')
CREATE TABLESPACE ts ADD DATAFILE 'x.ibd'
CREATE UNDO TABLESPACE u ADD DATAFILE 'u.ibu'
ALTER INSTANCE ROTATE INNODB MASTER KEY
CREATE SPATIAL REFERENCE SYSTEM 4120 NAME 'x' DEFINITION 'y'
DROP SPATIAL REFERENCE SYSTEM 4120
ALTER TABLESPACE ts RENAME TO tt
CREATE PACKAGE p AS PROCEDURE x; END
CREATE RESOURCE GROUP g TYPE=USER
CREATE TEMPORARY SEQUENCE s
DROP TEMPORARY TABLE IF EXISTS t, u
ANALYZE TABLE t
OPTIMIZE TABLE t
CHECK TABLE t
REPAIR TABLE t
FLUSH TABLES
INSTALL PLUGIN p SONAME 'x'
BEGIN
COMMIT
SAVEPOINT s
XA START 'x'
INSERT INTO t VALUES ('CREATE TABLE x (a INT)')
# Dum
-- nothing
/* CREATE TABLE t (a INT) */

CALL p('
CREATE
DROP
ALTER
CREATE LIBRARY l LANGUAGE JAVASCRIPT AS 'x'
"""


@pytest.mark.parametrize("sql", SILENT.split("\n"))
def test_what_changes_no_table_is_not_even_read(sql: str) -> None:
    assert parse(sql, MYSQL) is None
    assert parse(sql, MARIADB) is None


@pytest.mark.parametrize(("sql", "place"), [
    ("CREATE TABLE t (a WHATEVER)", "the data type WHATEVER is not known (line 1, character 19, near 'WHATEVER')"),
    ("CREATE TABLE t (a INT\n,, b INT)", "a name expected (line 2, character 24, near ',')"),
    ("CREATE TABLE t (a INT", "')' expected (line 1, character 22, at its end)"),
    ("CREATE TABLE t (a INT WONDERFUL)", "')' expected (line 1, character 23, near 'WONDERFUL')"),
    ("CREATE TABLE t (a INT) SHAPE ROUND", "this table option is not known (line 1, character 24, near 'SHAPE')"),
    ("CREATE TABLE t (a VARCHAR)", "a length expected"),
    ("CREATE TABLE t (a INT DEFAULT)", "a default value expected"),
    ("CREATE TABLE t (a ENUM())", "a quoted text expected"),
    ("CREATE TABLE t (a INT, KEY k (a)", "')' expected"),
    ("CREATE TABLE t (a INT REFERENCES x (a) ON DELETE WHATEVER)", "a reference action expected"),
    ("CREATE TABLE", "a name expected"),
    ("CREATE TABLE (a INT)", "a name expected"),
    ("CREATE TABLE t.(a INT)", "a name expected"),
    ("ALTER TABLE t FLY", "this ALTER TABLE action is not known (line 1, character 15, near 'FLY')"),
    ("ALTER TABLE t ADD", "a name expected"),
    ("ALTER TABLE t ALTER a TO b", "SET or DROP expected"),
    ("ALTER TABLE t CONVERT TO utf8mb4", "CHARACTER SET expected"),
    ("ALTER TABLE t RENAME COLUMN a b", "TO expected"),
    ("ALTER TABLE t ADD COLUMN (a INT", "')' expected"),
    ("RENAME TABLE a b", "TO expected"),
    ("RENAME TABLE a TO", "a name expected"),
    ("DROP TABLE", "a name expected"),
    ("CREATE DATABASE d SHAPE ROUND", "this database option is not known"),
    ("CREATE INDEX i t (a)", "ON expected"),
    ("DROP INDEX i t", "ON expected"),
    ("TRUNCATE TABLE 'x'", "a name expected"),
    ("CREATE TABLE t (a INT(x))", "a number expected"),
    ("CREATE TABLE t (a INT DEFAULT (1)", "')' expected"),
    ("CREATE TABLE t (a NATIONAL INT)", "CHAR or VARCHAR expected"),
])
def test_what_cannot_be_read_is_an_error_that_names_the_place(sql: str, place: str) -> None:
    with pytest.raises(DdlError) as caught:
        parse(sql, MYSQL)
    assert place in str(caught.value)


def test_an_error_shows_no_more_than_one_word_of_the_statement() -> None:
    with pytest.raises(DdlError) as caught:
        parse("CREATE TABLE t (a INT DEFAULT 'secret' WRONG, b INT COMMENT '" + "x" * 300 + "')", MYSQL)
    assert "secret" not in str(caught.value) and "xxx" not in str(caught.value)


@pytest.mark.parametrize("sql", [
    "create table t (a int)", "  \n CREATE\tTABLE t (a INT);", "/* c */ -- d\n CREATE /*!50100 TABLE */ t (a INT)",
    ";CREATE TABLE t (a INT)",
    "CREATE TABLE IF NOT EXISTS t (a INT)", "CREATE TABLE`t`(a INT)", "#x\nCREATE TABLE t (a INT)",
])
def test_a_statement_is_found_behind_comments_and_in_any_case(sql: str) -> None:
    statement = parse(sql, MYSQL)
    assert isinstance(statement, CreateTable) and statement.name.name == "t" and len(statement.columns) == 1


def test_a_statement_with_settings_of_its_own_is_read() -> None:
    statement = parse("SET STATEMENT max_statement_time=1, sql_mode='' FOR ALTER TABLE t ADD a INT", MARIADB)
    assert isinstance(statement, AlterTable) and len(statement.actions) == 1
    assert parse("SET STATEMENT max_statement_time=1 FOR INSERT INTO t VALUES (1)", MARIADB) is None


def test_drops_are_told_one_by_one_in_the_statements_own_words() -> None:
    statement = parse("drop tables if exists a.b , `c``d` cascade", MYSQL)
    assert isinstance(statement, DropTables)
    assert [text.format("X") for text in statement.texts] == ["drop tables if exists X CASCADE"] * 2


def test_a_temporary_table_is_read_no_further() -> None:
    statement = parse("CREATE TEMPORARY TABLE t (a WHATEVER", MYSQL)
    assert isinstance(statement, CreateTable) and statement.temporary and not statement.columns


def test_leading_words() -> None:
    assert leading_words("/* x */ CREATE /*!50100 OR */ REPLACE TABLE `t`") == ["CREATE", "OR", "REPLACE", "TABLE"]
    assert leading_words("") == [] and leading_words("(SELECT 1)") == []
