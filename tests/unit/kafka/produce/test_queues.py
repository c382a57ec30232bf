"""The batches of a partition against a model of a broker that checks sequence numbers as Kafka does."""

from __future__ import annotations

from collections import deque

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from connect.kafka.produce.outcomes import Outcome
from connect.kafka.produce.queues import Batch, PartitionQueue, settle
from tests.unit.kafka.produce import wire

_NUMBERS = 1 << 31
_OK, _OUT_OF_ORDER, _DUPLICATE = 0, 45, 46
_LEADER_MOVED, _TOO_LARGE, _TOO_FEW_REPLICAS, _TOO_FEW_AFTER_APPEND, _INVALID = 6, 10, 19, 20, 87


class Broker:
    """One partition: takes a batch whose number follows, whatever comes first, and remembers the last five. ``most`` bounds a
    batch's records."""

    def __init__(self, most: int) -> None:
        self.next: int | None = None
        self.most = most
        self.last: deque[tuple[int, int]] = deque(maxlen=5)
        self.log: list[bytes] = []

    def take(self, sequence: int, values: list[bytes], fault: int) -> int:
        if fault in (_LEADER_MOVED, _TOO_FEW_REPLICAS):
            return fault
        if len(values) > self.most:
            return _TOO_LARGE
        if any(v.startswith(b"bad") for v in values):
            return _INVALID
        if (sequence, len(values)) in self.last:
            return _DUPLICATE
        if sequence != self.next and self.next is not None:
            return _OUT_OF_ORDER
        self.last.append((sequence, len(values)))
        self.next = (sequence + len(values)) % _NUMBERS
        self.log += values
        return fault


def _values(batch: Batch) -> list[bytes]:
    return [r.value or b"" for r in wire.records(batch.sealed.records)]


def _place(batch: Batch) -> int:
    return int(_values(batch)[0].removeprefix(b"bad"))


class Partition(RuleBasedStateMachine):
    """Requests and answers keep their order, as on a connection; both may be lost with it, after the broker has seen some."""

    @initialize(first=st.one_of(st.just(0), st.integers(_NUMBERS - 40, _NUMBERS - 1)), most=st.integers(1, 12))
    def start(self, first: int, most: int) -> None:
        self.queue = PartitionQueue("t", 0)
        self.queue._next = first
        self.broker = Broker(most)
        self.network: deque[tuple[Batch, int, list[bytes]]] = deque()
        self.answers: deque[tuple[Batch, int]] = deque()
        self.meant: list[bytes] = []
        self.refused: list[bytes] = []
        self.uncertain: list[Batch] = []

    @rule(bad=st.lists(st.sampled_from([False, False, False, True]), min_size=1, max_size=6))
    def add(self, bad: list[bool]) -> None:
        values = [(b"bad" if b else b"") + b"%d" % (len(self.meant) + i) for i, b in enumerate(bad)]
        self.meant += values
        self.queue.add(wire.sealed([*values]))

    @rule(most=st.integers(1, 6))
    def send(self, most: int) -> None:
        for _ in range(most):
            batch = self.queue.sendable()
            if batch is None:
                return
            place = _place(batch)
            assert all(_place(b) >= place for b in self.uncertain), "something is sent before what is uncertain"
            if batch in self.uncertain:
                assert not self.network and not self.answers
                self.uncertain.remove(batch)
            self.queue.sent(batch)
            assert 0 <= batch.sequence < _NUMBERS
            self.network.append((batch, batch.sequence, _values(batch)))
            assert len(self.network) + len(self.answers) <= 5

    @rule(faults=st.lists(
        st.sampled_from([_OK, _OK, _OK, _OK, _LEADER_MOVED, _TOO_FEW_REPLICAS, _TOO_FEW_AFTER_APPEND]), max_size=6))
    def handle(self, faults: list[int]) -> None:
        for fault in faults:
            if self.network:
                batch, sequence, values = self.network.popleft()
                self.answers.append((batch, self.broker.take(sequence, values, fault)))

    @rule(most=st.integers(1, 6))
    def answer(self, most: int) -> None:
        for _ in range(min(most, len(self.answers))):
            batch, error = self.answers.popleft()
            outcome = settle(self.queue, batch, error)
            assert outcome not in (Outcome.FATAL, Outcome.ORDER)
            if outcome is Outcome.REFUSED:
                self.refused += _values(batch)
            elif outcome in (Outcome.RETRY, Outcome.MOVED):
                self.uncertain.append(batch)

    @rule()
    def cut(self) -> None:
        """The connection ends: what is in flight comes back, answered or not."""
        lost = [b for b, _ in self.answers] + [b for b, _, _ in self.network]
        self.answers.clear()
        self.network.clear()
        for batch in lost:
            self.queue.returned(batch)
            self.uncertain.append(batch)

    @rule()
    def forget(self) -> None:
        """A day without records: the broker forgets the producer."""
        if not len(self.queue):
            self.broker.next = None
            self.broker.last.clear()
            self.queue.forgotten()

    @invariant()
    def nothing_is_taken_twice_or_out_of_order(self) -> None:
        taken = [int(v) for v in self.broker.log]
        assert taken == sorted(set(taken))

    def teardown(self) -> None:
        if not hasattr(self, "queue"):
            return
        for _ in range(10_000):
            if not len(self.queue):
                break
            self.send(5)
            self.handle([_OK] * 5)
            self.answer(5)
        assert not len(self.queue), "it does not come to an end"
        assert self.broker.log == [v for v in self.meant if not v.startswith(b"bad")]
        assert sorted(self.refused) == sorted(v for v in self.meant if v.startswith(b"bad"))


TestPartition = Partition.TestCase
TestPartition.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)


def _flying(count: int) -> tuple[PartitionQueue, list[Batch]]:
    queue, found = PartitionQueue("t", 0), []
    queue.add(wire.sealed([b"first"]))
    first = queue.sendable()
    assert first is not None
    queue.sent(first)
    queue.done(first)
    for i in range(count):
        queue.add(wire.sealed([b"%d" % i]))
        batch = queue.sendable()
        assert batch is not None
        queue.sent(batch)
        found.append(batch)
    return queue, found


def test_when_the_broker_lost_what_it_had_the_producer_is_at_its_end_however_many_wait() -> None:
    queue, batches = _flying(3)
    for batch in batches:
        queue.returned(batch)
    first = queue.sendable()
    assert first is batches[0]
    queue.sent(first)
    assert settle(queue, first, _OUT_OF_ORDER) is Outcome.FATAL


def test_what_follows_a_batch_that_came_back_is_tried_again() -> None:
    queue, batches = _flying(3)
    queue.returned(batches[0])
    assert settle(queue, batches[1], _OUT_OF_ORDER) is Outcome.RETRY
    assert settle(queue, batches[2], _OUT_OF_ORDER) is Outcome.RETRY
    assert queue.back == batches


def test_until_the_broker_knows_the_producer_one_batch_is_in_flight() -> None:
    queue, _ = _flying(0)
    queue.forgotten()
    for value in (b"a", b"b", b"c"):
        queue.add(wire.sealed([value]))
    first = queue.sendable()
    assert first is not None
    queue.sent(first)
    assert queue.sendable() is None
    queue.done(first)
    assert queue.sendable() is not None


def test_six_are_never_in_flight() -> None:
    queue, _ = _flying(5)
    queue.add(wire.sealed([b"x"]))
    assert queue.sendable() is None


@pytest.mark.parametrize("waits", [0, 2])
def test_what_is_given_up_is_told_in_order_and_the_next_goes_on(waits: int) -> None:
    queue, batches = _flying(2)
    for i in range(waits):
        queue.add(wire.sealed([b"w%d" % i]))
    waiting = list(queue.waiting)
    for batch in reversed(batches):
        queue.returned(batch)
    assert queue.give_up() == [*batches, *waiting]
    assert len(queue) == 0
    queue.add(wire.sealed([b"new"]))
    new = queue.sendable()
    assert new is not None
    queue.sent(new)
    assert new.sequence == 1
