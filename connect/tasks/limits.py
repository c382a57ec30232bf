"""How large a request a topic takes, since librdkafka does not split a request the broker finds too large.

A topic's ``max.message.bytes`` bounds a whole request for one partition, and every record of a refused request is refused,
also those that would fit. The producer's ``batch.size`` is therefore kept at or below the smallest limit of its topics; then
only a record that is too large by itself is ever refused.
"""

from __future__ import annotations

import logging
from typing import Protocol

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType  # type: ignore[attr-defined]

__all__ = ["AdminTopicLimits", "TopicLimits"]

_log = logging.getLogger(__name__)

_TIMEOUT = 10.0


class TopicLimits(Protocol):
    """Looks up limits."""

    def of(self, topic: str) -> int | None:
        """``max.message.bytes`` of a topic; None when it is not known (no such topic yet, not allowed to look)."""
        ...


class AdminTopicLimits:
    """Asks the broker, each time."""

    def __init__(self, admin: AdminClient) -> None:
        self._admin = admin

    def of(self, topic: str) -> int | None:
        """See TopicLimits. Blocks for the answer, some seconds at most."""
        resource = ConfigResource(ResourceType.TOPIC, topic)
        try:
            found = self._admin.describe_configs([resource], request_timeout=_TIMEOUT)[resource].result(_TIMEOUT + 1)
            entry = found.get("max.message.bytes")
            return int(entry.value) if entry is not None and entry.value else None
        except (KafkaException, TimeoutError, ValueError) as e:
            _log.debug("max.message.bytes of topic %s is not known: %s", topic, e)
            return None
