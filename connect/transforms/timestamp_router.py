"""TimestampRouter: the record's time in its topic."""

from __future__ import annotations

from collections.abc import Mapping

from connect.api.config import ConfigDef, ConfigKey, Importance
from connect.api.errors import ConfigError, DataError
from connect.api.records import SourceRecord
from connect.transforms.javadate import JavaDateFormat

__all__ = ["TimestampRouter"]

_KEYS = ConfigDef((
    ConfigKey("topic.format", default="${topic}-${timestamp}", importance=Importance.HIGH,
              doc="The new topic; ${topic} and ${timestamp} are replaced."),
    ConfigKey("timestamp.format", default="yyyyMMdd", importance=Importance.HIGH, doc="Java SimpleDateFormat pattern, in UTC."),
))


class TimestampRouter:
    """Looks at topic and timestamp only."""

    def config(self) -> ConfigDef:
        """See Transform."""
        return _KEYS

    def configure(self, props: Mapping[str, str]) -> None:
        """See Transform."""
        values = _KEYS.parse(props).good()
        self._topic: str = values["topic.format"]
        try:
            self._format = JavaDateFormat(values["timestamp.format"])
        except ValueError as e:
            raise ConfigError({"timestamp.format": [
                f"Invalid value {values['timestamp.format']} for configuration timestamp.format: {e}"]}) from None

    def apply(self, record: SourceRecord) -> SourceRecord | None:
        """See Transform."""
        if record.timestamp is None:
            raise DataError(f"Timestamp missing on record: TimestampRouter needs one (topic {record.topic})")
        stamp = self._format.format(record.timestamp)
        return record.but(topic=self._topic.replace("${topic}", record.topic).replace("${timestamp}", stamp))

    def close(self) -> None:
        """See Transform."""
