"""The MySQL and the MariaDB connector: validate their configuration, plan their one task, judge changed offsets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connect.api.config import ConfigDef
from connect.api.errors import ConfigError, ConnectError
from connect.api.records import Offset, Partition
from connect.api.source import ExactlyOnceSupport, SourceTask
from connectors.facts import version as installed_version
from connectors.mysql.config import MariaDbConfig, MySqlConfig
from connectors.mysql.gtid import GtidError, gtid_set_of
from connectors.mysql.offsets import BinlogOffset, partition_of
from connectors.mysql.task import MariaDbTask, MySqlTask
from connectors.mysql.unhonoured import NOT_HONOURED
from connectors.mysql.validation import check_server

__all__ = ["MariaDbConnector", "MySqlConnector"]


class MySqlConnector:
    """A :class:`connect.api.source.SourceConnector` that :class:`connect.api.source.NamesProperties`."""

    version: str = installed_version()
    task_class: type[SourceTask] = MySqlTask
    model: type[MySqlConfig] = MySqlConfig
    not_honoured: Mapping[str, str] = NOT_HONOURED

    def config(self) -> ConfigDef:
        """See SourceConnector."""
        return self.model.definition()

    def recognises(self, name: str) -> bool:
        """See NamesProperties."""
        return self.model.recognises(name)

    def validate(self, props: Mapping[str, str]) -> Mapping[str, Sequence[str]]:
        """See SourceConnector. Connects to the server; what is wrong there is told at database.hostname, as Debezium does,
        or at the key that cures it."""
        try:
            config = self.model.from_props(props)
        except ConfigError as e:
            return e.errors
        return check_server(config)

    def task_configs(self, props: Mapping[str, str], max_tasks: int) -> list[dict[str, str]]:
        """See SourceConnector. One reader of one log, so one task."""
        if max_tasks < 1:
            raise ConnectError("tasks.max must be at least 1")
        return [dict(props)]

    def alter_offsets(self, props: Mapping[str, str], offsets: Sequence[tuple[Partition, Offset | None]]) -> bool:
        """See SourceConnector. A reset is accepted for every partition, so that strays can be removed."""
        expected = partition_of(props.get("topic.prefix", ""))
        for partition, offset in offsets:
            if offset is None:
                continue
            if dict(partition) != expected:
                raise ConnectError(
                    f"source partition {dict(partition)} is none of this connector's; expected {expected} (topic.prefix)")
            _judge(offset, self.model)
        return True

    def exactly_once_support(self, props: Mapping[str, str]) -> ExactlyOnceSupport:
        """See SourceConnector. Offsets name the transaction and the place in it, so nothing comes twice."""
        return ExactlyOnceSupport.SUPPORTED


class MariaDbConnector(MySqlConnector):
    """The same for MariaDB."""

    task_class: type[SourceTask] = MariaDbTask
    model: type[MySqlConfig] = MariaDbConfig


def _judge(offset: Offset, model: type[MySqlConfig]) -> None:
    """Raises ConnectError for what is no position in a log."""
    read = BinlogOffset.read(offset)
    if read is None or not (read.file or read.gtids):
        raise ConnectError("an offset needs a position: 'file' and 'pos', like binlog.000003 and 4, or 'gtids', or both")
    if read.file and read.pos < 4:
        raise ConnectError(f"offset key 'pos' is {offset.get('pos')!r}; expected the position in {read.file}; 4 is its beginning")
    if read.gtids:
        try:
            gtid_set_of(model.flavor, read.gtids)
        except GtidError as e:
            raise ConnectError(f"offset key 'gtids' is no set of GTIDs: {e}") from None
