"""The three predicates of Kafka Connect."""

from __future__ import annotations

from collections.abc import Mapping

from connect.api.config import ConfigDef, ConfigKey
from connect.api.records import SourceRecord
from connect.config.checks import NonEmpty, Regex
from connect.config.javaregex import compile_java

__all__ = ["HasHeaderKey", "RecordIsTombstone", "TopicNameMatches"]

_TOPIC = ConfigDef((ConfigKey("pattern", valid=(Regex(),), doc="Java regular expression that the whole topic must match."),))
_HEADER = ConfigDef((ConfigKey("name", valid=(NonEmpty(),), doc="The header's name."),))


class TopicNameMatches:
    """The record's whole topic matches a pattern."""

    def config(self) -> ConfigDef:
        """See Predicate."""
        return _TOPIC

    def configure(self, props: Mapping[str, str]) -> None:
        """See Predicate."""
        self._pattern = compile_java(_TOPIC.parse(props).good()["pattern"])

    def test(self, record: SourceRecord) -> bool:
        """See Predicate."""
        return self._pattern.fullmatch(record.topic) is not None


class HasHeaderKey:
    """The record has a header of a name."""

    def config(self) -> ConfigDef:
        """See Predicate."""
        return _HEADER

    def configure(self, props: Mapping[str, str]) -> None:
        """See Predicate."""
        self._name: str = _HEADER.parse(props).good()["name"]

    def test(self, record: SourceRecord) -> bool:
        """See Predicate."""
        return any(h.key == self._name for h in record.headers)


class RecordIsTombstone:
    """The record's value is null."""

    def config(self) -> ConfigDef:
        """See Predicate."""
        return ConfigDef()

    def configure(self, props: Mapping[str, str]) -> None:
        """See Predicate."""

    def test(self, record: SourceRecord) -> bool:
        """See Predicate."""
        return record.value is None
