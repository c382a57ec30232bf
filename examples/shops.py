"""The demo's databases: the same small shop in each, and the connector that captures it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
import pymysql

__all__ = ["Shop", "mysql_shop", "postgres_shop"]

_ROWS = """
INSERT INTO shop.customers (name, email) VALUES
    ('Ada Lovelace', 'ada@example.com'), ('Béla Bartók', NULL), ('Chen Ning Yang', 'chen@example.com');
INSERT INTO shop.orders (customer_id, total) VALUES (1, 19.90), (2, 250.00);
"""
"""Five rows, which the connector's snapshot will read."""

_POSTGRES = """
CREATE SCHEMA shop;
CREATE TABLE shop.customers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    email text,
    joined date NOT NULL DEFAULT current_date);
CREATE TABLE shop.orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES shop.customers,
    total numeric(10,2) NOT NULL,
    status text NOT NULL DEFAULT 'new',
    placed timestamptz NOT NULL DEFAULT now());
"""

_MYSQL = """
CREATE DATABASE shop;
CREATE TABLE shop.customers (
    id bigint AUTO_INCREMENT PRIMARY KEY,
    name varchar(100) NOT NULL,
    email varchar(100),
    joined date NOT NULL DEFAULT (current_date));
CREATE TABLE shop.orders (
    id bigint AUTO_INCREMENT PRIMARY KEY,
    customer_id bigint NOT NULL,
    total decimal(10,2) NOT NULL,
    status varchar(20) NOT NULL DEFAULT 'new',
    placed timestamp(6) NOT NULL DEFAULT current_timestamp(6),
    FOREIGN KEY (customer_id) REFERENCES shop.customers (id));
"""


@dataclass(frozen=True)
class Shop:
    """One database. ``name`` is the connector's and what its topics begin with; ``connect`` opens a DB-API connection that
    commits only when told; ``failures`` is what that connection raises."""

    name: str
    title: str
    address: str
    tables: str
    connect: Callable[[], Any]
    failures: type[Exception]
    config: Mapping[str, str]
    snapshot_rows: int = 5

    def set_up(self) -> None:
        """Make the tables and the rows of the snapshot."""
        connection = self.connect()
        try:
            cursor = connection.cursor()
            for statement in (self.tables + _ROWS).split(";"):
                if statement.strip():
                    cursor.execute(statement)
            connection.commit()
        finally:
            connection.close()


def postgres_shop(address: str, port: int) -> Shop:
    """The shop in a PostgreSQL of the devstack."""
    config = {
        "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
        "plugin.name": "pgoutput",
        "topic.prefix": "postgres",
        "database.hostname": "127.0.0.1",
        "database.port": str(port),
        "database.user": "cdc",
        "database.password": "cdc",
        "database.dbname": "lab",
        "slot.name": "headgate_demo",
        "publication.name": "headgate_demo",
        "publication.autocreate.mode": "filtered",
        "table.include.list": r"shop\..*",
    }
    return Shop("postgres", "PostgreSQL", address, _POSTGRES, lambda: psycopg.connect(address), psycopg.Error, config)


def mysql_shop(address: str, port: int) -> Shop:
    """The shop in a MySQL of the devstack."""
    config = {
        "connector.class": "io.debezium.connector.mysql.MySqlConnector",
        "topic.prefix": "mysql",
        "database.hostname": "127.0.0.1",
        "database.port": str(port),
        "database.user": "cdc",
        "database.password": "cdc",
        "database.server.id": "5401",
        "database.include.list": "shop",
    }
    return Shop(
        "mysql", "MySQL", address, _MYSQL,
        lambda: pymysql.connect(host="127.0.0.1", port=port, user="cdc", password="cdc", charset="utf8mb4"),
        pymysql.MySQLError, config)
