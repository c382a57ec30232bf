"""A connector without a database, for tests of validation and planning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connect.api import ConfigDef, ConfigKey, ConnectError, ExactlyOnceSupport, KeyType, Offset, Partition, SourceTask
from connect.plugins.discovery import Kind, Plugin, Registry, registry


class SampleTask:
    """Never started here."""


class SampleConnector:
    version = "1.2"
    task_class: type[SourceTask] = SampleTask  # type: ignore[assignment]
    not_honoured: Mapping[str, str] = {"snapshot.max.threads": "tables are read one after the other",
        "signal.*": "no signals yet"}

    def config(self) -> ConfigDef:
        return ConfigDef((
            ConfigKey("topic.prefix", group="Sample", order=1, doc="Prefix of topics."),
            ConfigKey("database.password", KeyType.PASSWORD, None, group="Sample", order=2),
            ConfigKey("table.include.list", KeyType.LIST, None, group="Sample", order=3),
            ConfigKey("internal.thing", default="x", internal=True),
        ))

    def recognises(self, name: str) -> bool:
        return name.startswith("column.mask.")

    def validate(self, props: Mapping[str, str]) -> Mapping[str, Sequence[str]]:
        refused = {"database.password": ["FATAL: password authentication failed"]}
        return refused if props.get("database.password") == "wrong" else {}

    def task_configs(self, props: Mapping[str, str], max_tasks: int) -> list[dict[str, str]]:
        return [dict(props) for _ in range(int(props.get("tasks.wanted", "1")))]

    def alter_offsets(self, props: Mapping[str, str], offsets: Sequence[tuple[Partition, Offset | None]]) -> bool:
        if any(o is not None and "lsn" not in o for _, o in offsets):
            raise ConnectError("an offset needs lsn")
        return True

    def exactly_once_support(self, props: Mapping[str, str]) -> ExactlyOnceSupport:
        return ExactlyOnceSupport.UNSUPPORTED


def sample_registry() -> Registry:
    """What is installed, and the sample in the place of the connectors."""
    sample = Plugin(Kind.CONNECTOR, "sample", "samples.connector:SampleConnector", ("com.example.SampleConnector",), "0.9")
    sample._loaded.append(SampleConnector)
    return Registry([sample, *(p for p in registry().plugins() if p.kind is not Kind.CONNECTOR)])
