"""Topics: the three internal ones of a worker, and data topics by the ``topic.creation.*`` rules of a connector."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType  # type: ignore[attr-defined]

from connect.api.errors import ConnectError, HeadgateError, RetriableError
from connect.kafka import clients
from connect.kafka.creation import TopicPlan, TopicRules
from connect.kafka.reader import partitions_of, partitions_of_all

__all__ = ["InternalTopic", "TopicCreation", "TopicError", "ensure"]

logger = logging.getLogger(__name__)


class TopicError(ConnectError):
    """An internal topic is not as it must be; the message says what to do."""


@dataclass(frozen=True, slots=True)
class InternalTopic:
    """An internal topic as it should be made. ``purpose`` is ``config``, ``offset`` or ``status`` as in ``….storage.topic``."""

    purpose: str
    name: str
    partitions: int
    replication_factor: int
    settings: Mapping[str, str] = field(default_factory=dict)


async def ensure(admin: AdminClient, topic: InternalTopic, timeout: float = 30.0) -> bool:
    """Make the topic if it is missing, and check it; True when it was made.

    Raises TopicError when an existing one is not ``cleanup.policy=compact`` exactly or the config topic has not exactly one
    partition, or when it cannot be made (with the cure), RetriableError when Kafka does not answer.
    """
    made = False
    partitions = await asyncio.to_thread(partitions_of, admin, topic.name, 10.0)
    if not partitions:
        made = await _create(admin, topic, timeout)
        for _ in range(100):
            partitions = await asyncio.to_thread(partitions_of, admin, topic.name, 10.0)
            if partitions:
                break
            await asyncio.sleep(0.1)
        else:
            raise RetriableError(f"topic {topic.name} was made but brokers do not know it yet")
    if topic.purpose == "config" and len(partitions) != 1:
        raise TopicError(
            f"Topic '{topic.name}' supplied via the 'config.storage.topic' property is required to have a single partition in "
            f"order to guarantee consistency of connector configurations, but found {len(partitions)} partitions. "
            "Name another topic, or delete this one and let the worker make it."
        )
    if not made:
        await _verify_compacted(admin, topic, timeout)
    return made


async def _create(admin: AdminClient, topic: InternalTopic, timeout: float) -> bool:
    settings = {**topic.settings, "cleanup.policy": "compact"}
    new = NewTopic(topic.name, topic.partitions, topic.replication_factor, config=settings)
    try:
        await asyncio.wrap_future(admin.create_topics([new], operation_timeout=timeout, request_timeout=timeout)[topic.name])
    except KafkaException as e:
        error = e.args[0]
        if error.code() == KafkaError.TOPIC_ALREADY_EXISTS:
            return False
        if error.code() == KafkaError.INVALID_REPLICATION_FACTOR:
            raise TopicError(
                f"Topic '{topic.name}' cannot be made with {topic.replication_factor} replicas: {error.str()} "
                f"Set {topic.purpose}.storage.replication.factor to at most the number of brokers (1 on a single broker)."
            ) from e
        if error.code() in (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.CLUSTER_AUTHORIZATION_FAILED):
            raise TopicError(
                f"Topic '{topic.name}' does not exist and the worker may not create it: {error.str()} "
                f"Create it ({topic.partitions} partitions, cleanup.policy=compact), or allow the worker to."
            ) from e
        raise clients.failure(e, f"creating topic {topic.name}") from e
    logger.info("made topic %s: %d partitions, %d replicas, compacted", topic.name, topic.partitions, topic.replication_factor)
    return True


async def _verify_compacted(admin: AdminClient, topic: InternalTopic, timeout: float) -> None:
    resource = ConfigResource(ResourceType.TOPIC, topic.name)
    try:
        found = await asyncio.wrap_future(admin.describe_configs([resource], request_timeout=timeout)[resource])
    except KafkaException as e:
        if e.args[0].code() in (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.CLUSTER_AUTHORIZATION_FAILED):
            logger.info("may not look up the settings of topic %s: its cleanup.policy is not checked", topic.name)
            return
        raise clients.failure(e, f"looking up the settings of topic {topic.name}") from e
    entry = found.get("cleanup.policy")
    policy = "" if entry is None or entry.value is None else ",".join(sorted(p.strip() for p in entry.value.split(",")))
    if policy != "compact":
        raise TopicError(
            f"Topic '{topic.name}' supplied via the '{topic.purpose}.storage.topic' property is required to have "
            f"'cleanup.policy=compact' to guarantee consistency and durability of its records, but found the topic currently has "
            f"'cleanup.policy={policy}'. Change it (kafka-configs --alter --topic {topic.name} --add-config "
            "cleanup.policy=compact), or name another topic."
        )


class TopicCreation:
    """Creates data topics before the first record goes there; one per task process, blocking.

    Without rules (``topic.creation.*`` absent or switched off in the worker) it does nothing and the broker's
    auto-creation decides. ``connect`` makes an admin client, which lives for one call: its threads would idle ever after.
    """

    def __init__(self, rules: TopicRules | None, connect: Callable[[], AdminClient]) -> None:
        self._rules = rules
        self._connect = connect
        self._known: set[str] = set()

    def ensure(self, topics: Iterable[str], timeout: float = 30.0) -> Mapping[str, HeadgateError]:
        """Make those that are not there, all in one request; each is looked up once. The error of each that could not be made:
        RetriableError for a passing fault, ConnectError when the broker refuses (the message names the rule)."""
        rules, wanted = self._rules, [t for t in dict.fromkeys(topics) if t not in self._known]
        refused: dict[str, HeadgateError] = {}
        if rules is None or not wanted:
            return refused
        admin = self._connect()
        missing = []
        for topic, found in partitions_of_all(admin, wanted, min(timeout, 10.0)).items():
            if isinstance(found, HeadgateError):
                refused[topic] = found
            elif found:
                self._known.add(topic)
            else:
                missing.append(topic)
        if missing:
            refused |= self._create(admin, {topic: rules.plan(topic) for topic in missing}, timeout)
        return refused

    def _create(self, admin: AdminClient, plans: Mapping[str, TopicPlan], timeout: float) -> dict[str, HeadgateError]:
        refused: dict[str, HeadgateError] = {}
        new = [NewTopic(t, plan.partitions, plan.replication_factor, config=dict(plan.settings)) for t, plan in plans.items()]
        answers = admin.create_topics(new, operation_timeout=timeout, request_timeout=timeout)
        for topic, plan in plans.items():
            try:
                answers[topic].result(timeout + 5)
            except KafkaException as e:
                code = e.args[0].code()
                if code in (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.CLUSTER_AUTHORIZATION_FAILED):
                    logger.warning("may not create topic %s; leaving it to the broker's auto-creation", topic)
                elif code != KafkaError.TOPIC_ALREADY_EXISTS:
                    refused[topic] = clients.failure(
                        e, f"creating topic {topic} by group {plan.group} of topic.creation.groups ({plan.partitions} "
                        f"partitions, {plan.replication_factor} replicas)")
                    continue
            else:
                logger.info("made topic %s by group %s: %d partitions, %d replicas",
                            topic, plan.group, plan.partitions, plan.replication_factor)
            self._known.add(topic)
        return refused
