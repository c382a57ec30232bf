"""What is known of the cluster: brokers, topics' leaders; and what must be asked again, when. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping

from connect.kafka.produce.protocol import Metadata

__all__ = ["Cluster"]

_UNKNOWN_TOPIC = 3
_LEADERLESS = -1


class Cluster:
    """Metadata of the topics that are produced to. Times are of one clock, in seconds."""

    def __init__(self, refresh: float, propagation: float, backoff: float) -> None:
        self.brokers: Mapping[int, tuple[str, int]] = {}
        self._leaders: dict[str, tuple[int, ...]] = {}
        self._missing: dict[str, tuple[float, int]] = {}
        """Since when the brokers do not have a topic (for ever: they have not been asked yet), and their last error."""
        self._refresh, self._propagation, self._backoff = refresh, propagation, backoff
        self._due = 0.0
        self._soon = False

    def want(self, topic: str, now: float) -> bool:
        """A topic will be produced to; True when it is new here."""
        if topic in self._leaders or topic in self._missing:
            return False
        self._missing[topic] = (math.inf, _UNKNOWN_TOPIC)
        self._due = now
        return True

    def doubt(self, now: float) -> None:
        """A leader was not where it should be: ask again, after a while."""
        if not self._soon:
            self._soon = True
            self._due = min(self._due, now + self._backoff) if self._due > now else now + self._backoff

    def due(self) -> float | None:
        """When to ask next; None while no topic is wanted."""
        return self._due if self._leaders or self._missing else None

    def asking(self, now: float) -> list[str]:
        """The topics to ask for, now: all of them, or only those that are missed when nothing is in doubt."""
        whole = self._soon or not self._missing
        self._soon = False
        self._due = now + (self._backoff if self._missing else self._refresh)
        return [*self._leaders, *self._missing] if whole else list(self._missing)

    def learn(self, found: Metadata, now: float) -> None:
        """Take an answer. Topics without all their leaders are asked for again."""
        if found.brokers:
            self.brokers = found.brokers
        again = False
        for name, topic in found.topics.items():
            if topic.error == 0 and topic.leaders:
                self._leaders[name] = topic.leaders
                self._missing.pop(name, None)
                again = again or _LEADERLESS in topic.leaders
            else:
                known = self._missing.get(name)
                self._leaders.pop(name, None)
                self._missing[name] = (now if known is None else min(known[0], now), topic.error or _UNKNOWN_TOPIC)
        if again:
            self.doubt(now)
        elif self._missing:
            # Only they are asked for again: of thousands of topics, each new one would bring the answer for all.
            self._due = min(self._due, now + self._backoff)

    def partitions(self, topic: str) -> int:
        """How many the topic has, 0 while that is not known."""
        return len(self._leaders.get(topic, ()))

    def leader(self, topic: str, partition: int) -> int | None:
        """The broker that leads the partition, None while there is none."""
        leaders = self._leaders.get(topic, ())
        node = leaders[partition] if partition < len(leaders) else _LEADERLESS
        return node if node in self.brokers else None

    def lost(self, now: float) -> dict[str, int]:
        """Topics that have been missed for too long, with the broker's error code. They are forgotten."""
        gone = {t: error for t, (since, error) in self._missing.items()
                if now - since > self._propagation or error in (17, 29)}
        for topic in gone:
            del self._missing[topic]
        return gone
