"""A small shop that keeps writing: the demo's source of changes. Counts what it commits."""

from __future__ import annotations

import random
import threading
from typing import Any

from examples.shops import Shop

__all__ = ["Workload"]

_NAMES = ("Grace Hopper", "Emmy Noether", "Srinivasa Ramanujan", "Katherine Johnson", "Édouard Lucas", "Hedy Lamarr")
_STATES = ("paid", "packed", "sent", "delivered")

# MySQL reads the table that it changes only in a subquery of its own, hence the name "picked".
_PICKED = "(SELECT id FROM (SELECT {} AS id FROM shop.orders WHERE status <> %s) AS picked)"


class Workload(threading.Thread):
    """Inserts, updates and deletes, a few transactions a second, until told to stop. ``written`` (rows) is safe to read."""

    def __init__(self, shop: Shop, per_second: float = 3.0, seed: int = 11) -> None:
        super().__init__(name=f"workload-{shop.name}", daemon=True)
        self._shop = shop
        self._pause = 1 / per_second
        self._chance = random.Random(seed)
        self._halt = threading.Event()
        self.written = 0
        self.error: Exception | None = None

    def run(self) -> None:
        """One transaction of one to three rows at a time."""
        try:
            connection = self._shop.connect()
            try:
                while not self._halt.wait(self._pause):
                    rows = self._one(connection.cursor())
                    connection.commit()
                    self.written += rows
            finally:
                connection.close()
        except self._shop.failures as e:
            self.error = e

    def stop(self) -> None:
        """Ends after the transaction that is under way."""
        self._halt.set()
        self.join()

    def _one(self, cursor: Any) -> int:
        chance = self._chance
        kind = chance.random()
        if kind < 0.2:
            cursor.execute("INSERT INTO shop.customers (name) VALUES (%s)", [chance.choice(_NAMES)])
        elif kind < 0.6:
            orders = [(chance.randint(1, 3), chance.randint(100, 20000) / 100) for _ in range(chance.randint(1, 3))]
            rows = ", ".join(["(%s, %s)"] * len(orders))
            cursor.execute(f"INSERT INTO shop.orders (customer_id, total) VALUES {rows}", [v for row in orders for v in row])
        elif kind < 0.85:
            state = chance.choice(_STATES)
            cursor.execute(f"UPDATE shop.orders SET status = %s WHERE id = {_PICKED.format('max(id)')}", [state, state])
        else:
            cursor.execute(f"DELETE FROM shop.orders WHERE id = {_PICKED.format('min(id)')}", [""])
        return int(cursor.rowcount)
