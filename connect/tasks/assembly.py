"""Puts a task together in its process: configuration resolved, plugins made, clients configured, pipeline built."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from typing import Any

from connect.api.errors import RetriableError
from connect.api.records import Offset, Partition
from connect.config.clients import ClientSettings, connector_admin, connector_producer
from connect.kafka import clients
from connect.kafka.creation import TopicRules
from connect.kafka.topics import TopicCreation
from connect.plugins.converters import make_converters
from connect.plugins.discovery import Kind, registry
from connect.tasks.backoff import Backoff
from connect.tasks.commit import PlainCommit
from connect.tasks.context import RunningContext
from connect.tasks.control import Control
from connect.tasks.delivery import Delivery, RecordTransform, locate
from connect.tasks.limits import AdminTopicLimits
from connect.tasks.memory import keep_all
from connect.tasks.meters import Meters
from connect.tasks.offset_storage import OffsetStorage
from connect.tasks.pipeline import Pipeline, Times
from connect.tasks.producer import ProduceError, data_config, make_producer
from connect.tasks.reporter import Reporter
from connect.tasks.secrets import Redactor
from connect.tasks.service import Service
from connect.tasks.settings import TaskSettings, grace_of, worker_value
from connect.tasks.spec import TaskSpec
from connect.tasks.tolerance import ErrorPolicy, Tolerance
from connect.tasks.trace import headline
from connect.transforms.chain import build_chain

__all__ = ["assemble"]

_log = logging.getLogger(__name__)

_PROBE = 3.0


def assemble(spec: TaskSpec, control: Control, reporter: Reporter, redactor: Redactor) -> Pipeline | None:
    """The pipeline of a task, ready to run; None when it was asked to stop meanwhile. Raises ConnectError when it cannot be."""
    settings = TaskSettings.resolve(spec, redactor)
    task_class = registry().task_class(spec.task_config.get("task.class", ""))
    version = _version(settings, task_class)
    converters = make_converters(settings.worker, settings.connector)
    transform = _transform(settings)
    policy = ErrorPolicy.of(settings.connector)
    producer = connector_producer(settings.worker, settings.connector)
    admin_settings = connector_admin(settings.worker, settings.connector)
    _tell_ignored(producer, admin_settings)
    rules = TopicRules.from_config(settings.connector) if worker_value(settings.worker, "topic.creation.enable") else None
    storage = OffsetStorage(spec.key, settings)
    stored = _stored(storage, control, reporter)
    if stored is None:
        return None

    task = task_class()
    service = Service(
        task=task, control=control, reporter=reporter, meters=Meters(spec.key), tolerance=Tolerance(policy),
        locate=lambda failure: locate(failure, converters),
        kafka_answers=lambda: _answers(producer.settings, f"connector-probe-{spec.key}"))
    service.producer = make_producer(
        data_config(producer.settings), f"connector-producer-{spec.key}", service.client_error,
        os.environ.get("HEADGATE_PRODUCER", "auto"))
    service.commit = PlainCommit(
        service.ledger, storage.writer(), task.commit,
        interval=int(worker_value(settings.worker, "offset.flush.interval.ms")) / 1000,
        timeout=int(worker_value(settings.worker, "offset.flush.timeout.ms")) / 1000)

    def admin() -> clients.Admin:
        return clients.admin(admin_settings.settings, f"connector-adminclient-{spec.key}")

    if any(name.startswith("admin.override.") for name in settings.connector):
        admin()  # a property that is refused fails the start, not the first record
    delivery = Delivery(service, converters, transform, TopicCreation(rules, admin), AdminTopicLimits(admin))
    context = RunningContext(spec.key, settings.task, stored, service)
    return Pipeline(task, context, service, delivery, version=version, times=_times(settings), settled=keep_all)


def _answers(properties: Mapping[str, Any], client_id: str) -> bool:
    """Whether a new client gets the list of brokers within a few seconds."""
    try:
        return bool(clients.admin(properties, client_id).list_topics(timeout=_PROBE).brokers)
    except ProduceError:
        return False


def _times(settings: TaskSettings) -> Times:
    # A fifth of the grace is left for the task's own stop(), before the supervisor kills.
    flush = int(worker_value(settings.worker, "offset.flush.timeout.ms")) / 1000
    return Times(stop=min(flush, grace_of(settings.worker) * 0.8), failure=flush)


def _version(settings: TaskSettings, task_class: type) -> str | None:
    own = getattr(task_class, "version", None)
    if isinstance(own, str):
        return own
    plugin = registry().find(Kind.CONNECTOR, settings.connector.get("connector.class", ""))
    if plugin is None:
        return None
    plugin.load()
    return plugin.version()


def _transform(settings: TaskSettings) -> RecordTransform | None:
    if not settings.connector.get("transforms", "").strip():
        return None
    return build_chain(settings.connector)


def _tell_ignored(*clients_: ClientSettings) -> None:
    for text in dict.fromkeys(ignored.message for c in clients_ for ignored in c.ignored):
        _log.warning("%s", text)


def _stored(storage: OffsetStorage, control: Control, reporter: Reporter) -> Sequence[tuple[Partition, Offset]] | None:
    backoff = Backoff()
    while True:
        try:
            found = storage.read()
            break
        except RetriableError as e:
            delay = backoff.next()
            reporter.condition("start", "retrying", f"stored offsets cannot be read: {headline(e)} (next try in {delay:.1f} s)")
            if control.wait(delay):
                return None
    reporter.condition("start", None)
    _log.info("%d stored source offsets were found", len(found))
    return found
