"""What a case runs on: servers that all cases and runs share, and names of its own on them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from bench.sizes import Sizes
from devstack.stack import Stack

__all__ = ["SETTINGS", "Lab"]

SETTINGS = {
    # Each of the broker's threads (8 by default) keeps a direct buffer as large as the largest record it ever wrote: eight of
    # 64 MiB are half of what the JVM may have.
    # A broker's own pauses are not what is measured: in the devstack's small heap it stands still for 50 ms every three
    # seconds, which alone is more than one record in a hundred.
    "kafka": {
        "num.io.threads": "3",
        "jvm": "-Xms1g -Xmx1g -Xmn700m -XX:+AlwaysPreTouch -XX:+UseParallelGC",
    },
    # A hundred connectors have a slot, a sender and a few sessions each.
    "postgres": {"max_replication_slots": "200", "max_wal_senders": "200", "max_connections": "700"},
}
"""Where the benchmark's servers differ from the devstack's."""


@dataclass(frozen=True, slots=True)
class Lab:
    """One run of one case. ``name`` (letters, digits, underscores; no two cases or runs share it) begins the name of every
    topic, group and folder that the case makes."""

    stack: Stack
    sizes: Sizes
    name: str

    @property
    def bootstrap(self) -> str:
        """The broker."""
        return self.stack.kafka.bootstrap

    @property
    def registry(self) -> str:
        """The schema registry."""
        return self.stack.registry.url

    @property
    def folder(self) -> Path:
        """For files of this case."""
        folder = self.stack.directory / self.name
        folder.mkdir(exist_ok=True)
        return folder

    @contextmanager
    def cleaned(self) -> Iterator[None]:
        """Delete the case's topics at the end: what it wrote must not fill the disk cache of the cases behind it."""
        try:
            yield
        finally:
            admin = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
            topics = [name for name in admin.list_topics(timeout=30).topics if name.startswith(self.name)]
            for future in admin.delete_topics(topics).values() if topics else ():
                try:
                    future.result(60)
                except KafkaException as e:
                    raise RuntimeError(f"a topic of {self.name} could not be deleted: {e}") from e
