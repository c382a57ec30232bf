"""What is asked again, and when."""

from __future__ import annotations

from connect.kafka.produce.cluster import Cluster
from connect.kafka.produce.protocol import Metadata, TopicMetadata

_BROKERS = {1: ("one", 9092), 2: ("two", 9092)}


def _cluster() -> Cluster:
    return Cluster(refresh=60.0, propagation=30.0, backoff=0.1)


def _found(brokers: dict[int, tuple[str, int]] | None = None, **topics: TopicMetadata) -> Metadata:
    return Metadata(_BROKERS if brokers is None else brokers, topics)


def test_nothing_is_asked_before_a_topic_is_wanted() -> None:
    cluster = _cluster()
    assert cluster.due() is None
    assert cluster.want("t", 5.0)
    assert not cluster.want("t", 6.0)
    assert cluster.due() == 5.0
    assert cluster.asking(5.0) == ["t"]


def test_a_topic_that_is_known_is_asked_for_again_after_a_long_while() -> None:
    cluster = _cluster()
    cluster.want("t", 0.0)
    cluster.asking(0.0)
    cluster.learn(_found(t=TopicMetadata(0, (1, 2))), 0.01)
    assert (cluster.partitions("t"), cluster.leader("t", 0), cluster.leader("t", 1), cluster.leader("t", 2)) == (2, 1, 2, None)
    cluster.asking(1.0)
    assert cluster.due() == 61.0
    cluster.learn(_found(t=TopicMetadata(0, (1, 2, 1))), 1.0)
    assert cluster.partitions("t") == 3


def test_a_doubt_asks_for_all_soon_but_not_at_once_nor_later_for_more_doubts() -> None:
    cluster = _cluster()
    for name in ("t", "u"):
        cluster.want(name, 0.0)
        cluster.learn(_found(**{name: TopicMetadata(0, (1,))}), 0.0)
    cluster.asking(0.0)
    cluster.doubt(1.0)
    cluster.doubt(1.09)
    assert cluster.due() == 1.1
    assert cluster.asking(1.1) == ["t", "u"]


def test_a_topic_that_is_missing_is_waited_for_from_the_first_answer_on() -> None:
    cluster = _cluster()
    cluster.want("t", 0.0)
    assert cluster.lost(1000.0) == {}
    cluster.learn(_found(t=TopicMetadata(3, ())), 1000.0)
    cluster.learn(_found(t=TopicMetadata(5, ())), 1020.0)
    assert cluster.lost(1029.0) == {}
    assert cluster.lost(1031.0) == {"t": 5}
    assert cluster.lost(1031.0) == {}
    assert cluster.want("t", 1031.0)


def test_a_topic_that_may_not_be_written_is_lost_at_once() -> None:
    cluster = _cluster()
    for name, error in (("bad/name", 17), ("secret", 29)):
        cluster.want(name, 0.0)
        cluster.learn(_found(**{name: TopicMetadata(error, ())}), 0.0)
    assert cluster.lost(0.0) == {"bad/name": 17, "secret": 29}


def test_a_topic_that_comes_in_time_is_kept_and_one_that_goes_is_missed() -> None:
    cluster = _cluster()
    cluster.want("t", 0.0)
    cluster.learn(_found(t=TopicMetadata(3, ())), 0.0)
    cluster.learn(_found(t=TopicMetadata(0, (1,))), 29.0)
    assert cluster.lost(100.0) == {}
    cluster.learn(_found(t=TopicMetadata(3, ())), 200.0)
    assert cluster.leader("t", 0) is None
    assert cluster.lost(229.0) == {}
    assert cluster.lost(231.0) == {"t": 3}


def test_partitions_without_a_leader_are_asked_for_again() -> None:
    cluster = _cluster()
    cluster.want("t", 0.0)
    cluster.asking(0.0)
    cluster.learn(_found(t=TopicMetadata(0, (1, -1))), 10.0)
    assert (cluster.leader("t", 0), cluster.leader("t", 1)) == (1, None)
    due = cluster.due()
    assert due is not None
    assert due <= 10.1


def test_a_broker_that_shuts_down_and_names_none_is_not_believed() -> None:
    cluster = _cluster()
    cluster.want("t", 0.0)
    cluster.learn(_found(t=TopicMetadata(0, (1,))), 0.0)
    cluster.learn(_found({}, t=TopicMetadata(0, (1,))), 1.0)
    assert cluster.brokers == _BROKERS
    assert cluster.leader("t", 0) == 1


def test_a_leader_that_is_no_broker_is_none() -> None:
    cluster = _cluster()
    cluster.want("t", 0.0)
    cluster.learn(_found(t=TopicMetadata(0, (7,))), 0.0)
    assert cluster.leader("t", 0) is None
