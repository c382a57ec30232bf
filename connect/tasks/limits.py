"""How large a request a topic takes, since librdkafka does not split a request the broker finds too large.

A topic's ``max.message.bytes`` bounds a whole request for one partition, and every record of a refused request is refused,
also those that would fit. The producer's ``batch.size`` is therefore kept at or below the smallest limit of its topics; then
only a record that is too large by itself is ever refused. (Our own producer splits what is too large: it needs no limits.)
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType  # type: ignore[attr-defined]

__all__ = ["AdminTopicLimits", "TopicLimits"]

_log = logging.getLogger(__name__)

_TIMEOUT = 10.0


class TopicLimits(Protocol):
    """Looks up limits."""

    def of(self, topics: Sequence[str]) -> Mapping[str, int]:
        """``max.message.bytes`` of each of the topics for which it is known (others: no such topic yet, not allowed to look)."""
        ...


class AdminTopicLimits:
    """Asks the broker, each time, for all topics at once. ``connect`` makes an admin client, which lives for one call."""

    def __init__(self, connect: Callable[[], AdminClient]) -> None:
        self._connect = connect

    def of(self, topics: Sequence[str]) -> Mapping[str, int]:
        """See TopicLimits. Blocks for the answer, some seconds at most."""
        limits: dict[str, int] = {}
        asked = [ConfigResource(ResourceType.TOPIC, topic) for topic in topics]
        for resource, answer in self._connect().describe_configs(asked, request_timeout=_TIMEOUT).items():
            try:
                entry = answer.result(_TIMEOUT + 1).get("max.message.bytes")
                if entry is not None and entry.value:
                    limits[resource.name] = int(entry.value)
            except (KafkaException, TimeoutError, ValueError) as e:
                _log.debug("max.message.bytes of topic %s is not known: %s", resource.name, e)
        return limits
