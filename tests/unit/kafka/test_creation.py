"""The rules of topic.creation.*."""

import pytest

from connect.api.errors import ConfigError
from connect.kafka.creation import TopicRules

DEFAULT = {"topic.creation.default.partitions": "3", "topic.creation.default.replication.factor": "2"}


def rules(**more: str) -> TopicRules:
    made = TopicRules.from_config(DEFAULT | {k.replace("__", "."): v for k, v in more.items()})
    assert made is not None
    return made


def test_without_any_key_there_are_no_rules() -> None:
    assert TopicRules.from_config({"name": "x"}) is None


def test_the_default_group_takes_every_topic() -> None:
    plan = rules(topic__creation__default__compression__type="lz4").plan("any")
    assert (plan.group, plan.partitions, plan.replication_factor, plan.settings) == ("default", 3, 2, {"compression.type": "lz4"})


GROUPS = {
    "topic.creation.groups": "big, small", "topic.creation.big.include": r"inv\..*", "topic.creation.big.exclude": r".*\.log",
    "topic.creation.big.partitions": "30", "topic.creation.small.include": r"inv\.log, inv\.tiny",
    "topic.creation.small.replication.factor": "1", "topic.creation.small.cleanup.policy": "compact",
}


@pytest.mark.parametrize(
    ("topic", "group", "partitions", "replicas"),
    [
        ("inv.orders", "big", 30, 2), ("inv.tiny", "big", 30, 2), ("inv.log", "small", 3, 1), ("inv.x.log", "default", 3, 2),
        ("other", "default", 3, 2), ("my.inv.orders", "default", 3, 2),
    ],
)
def test_the_first_group_that_takes_a_topic_decides_and_inherits_counts(
    topic: str, group: str, partitions: int, replicas: int
) -> None:
    made = TopicRules.from_config(DEFAULT | GROUPS)
    assert made is not None
    plan = made.plan(topic)
    assert (plan.group, plan.partitions, plan.replication_factor) == (group, partitions, replicas)
    assert plan.settings == ({"cleanup.policy": "compact"} if group == "small" else {})


@pytest.mark.parametrize(
    ("config", "key"),
    [
        ({"topic.creation.default.partitions": "1"}, "topic.creation.default.replication.factor"),
        ({"topic.creation.default.replication.factor": "1"}, "topic.creation.default.partitions"),
        (DEFAULT | {"topic.creation.default.partitions": "many"}, "topic.creation.default.partitions"),
        (DEFAULT | {"topic.creation.default.partitions": "0"}, "topic.creation.default.partitions"),
        (DEFAULT | {"topic.creation.default.replication.factor": "-2"}, "topic.creation.default.replication.factor"),
        (DEFAULT | {"topic.creation.groups": "a"}, "topic.creation.a.include"),
        (DEFAULT | {"topic.creation.groups": "a,a", "topic.creation.a.include": "x"}, "topic.creation.groups"),
        (DEFAULT | {"topic.creation.groups": "a", "topic.creation.a.include": "("}, "topic.creation.a.include"),
    ],
)
def test_a_wrong_key_is_named(config: dict[str, str], key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        TopicRules.from_config(config)
    assert list(caught.value.errors) == [key]
    assert key in str(caught.value)


def test_minus_one_is_the_brokers_default() -> None:
    config = {"topic.creation.default.partitions": "-1", "topic.creation.default.replication.factor": "-1"}
    made = TopicRules.from_config(config)
    assert made is not None
    assert (made.plan("t").partitions, made.plan("t").replication_factor) == (-1, -1)
