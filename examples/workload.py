"""A small shop that keeps writing: the demo's source of changes. Counts what it commits."""

from __future__ import annotations

import random
import threading

import psycopg

__all__ = ["SETUP", "Workload"]

SETUP = """
CREATE SCHEMA IF NOT EXISTS shop;
CREATE TABLE IF NOT EXISTS shop.customers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    email text,
    joined date NOT NULL DEFAULT current_date);
CREATE TABLE IF NOT EXISTS shop.orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES shop.customers,
    total numeric(10,2) NOT NULL,
    status text NOT NULL DEFAULT 'new',
    placed timestamptz NOT NULL DEFAULT now());
INSERT INTO shop.customers (name, email) VALUES
    ('Ada Lovelace', 'ada@example.com'), ('Béla Bartók', NULL), ('Chen Ning Yang', 'chen@example.com');
INSERT INTO shop.orders (customer_id, total) VALUES (1, 19.90), (2, 250.00);
"""
"""Two tables and five rows, which the connector's snapshot will read."""

SNAPSHOT_ROWS = 5

_NAMES = ("Grace Hopper", "Emmy Noether", "Srinivasa Ramanujan", "Katherine Johnson", "Édouard Lucas", "Hedy Lamarr")
_STATES = ("paid", "packed", "sent", "delivered")


class Workload(threading.Thread):
    """Inserts, updates and deletes, a few transactions a second, until told to stop. ``written`` is safe to read."""

    def __init__(self, dsn: str, per_second: float = 4.0) -> None:
        super().__init__(name="workload", daemon=True)
        self._dsn = dsn
        self._pause = 1 / per_second
        self._halt = threading.Event()
        self.written = 0
        self.error: Exception | None = None

    def run(self) -> None:
        """One transaction of one to three rows at a time."""
        chance = random.Random(11)
        try:
            with psycopg.connect(self._dsn, autocommit=True) as connection:
                while not self._halt.wait(self._pause):
                    with connection.transaction():
                        rows = self._one(connection, chance)
                    self.written += rows
        except psycopg.Error as e:
            self.error = e

    def stop(self) -> None:
        """Ends after the transaction that is under way."""
        self._halt.set()
        self.join()

    def _one(self, connection: psycopg.Connection, chance: random.Random) -> int:
        kind = chance.random()
        if kind < 0.2:
            name = chance.choice(_NAMES)
            return connection.execute("INSERT INTO shop.customers (name) VALUES (%s)", [name]).rowcount
        if kind < 0.6:
            count = chance.randint(1, 3)
            return connection.execute(
                "INSERT INTO shop.orders (customer_id, total) SELECT 1 + (random() * 2)::int, (random() * 200)::numeric(10,2)"
                " FROM generate_series(1, %s)", [count],
            ).rowcount
        if kind < 0.85:
            return connection.execute(
                "UPDATE shop.orders SET status = %s WHERE id = (SELECT max(id) FROM shop.orders WHERE status <> %s)",
                [state := chance.choice(_STATES), state],
            ).rowcount
        return connection.execute("DELETE FROM shop.orders WHERE id = (SELECT min(id) FROM shop.orders)").rowcount
