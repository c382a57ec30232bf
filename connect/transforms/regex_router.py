"""RegexRouter: another topic for records whose topic matches."""

from __future__ import annotations

from collections.abc import Mapping

from connect.api.config import ConfigDef, ConfigKey, Importance
from connect.api.errors import ConfigError
from connect.api.records import SourceRecord
from connect.config.checks import Regex
from connect.config.javaregex import compile_java, java_replacement

__all__ = ["RegexRouter"]

_KEYS = ConfigDef((
    ConfigKey("regex", importance=Importance.HIGH, valid=(Regex(),), doc="Java regular expression that the whole topic must "
    "match."),
    ConfigKey("replacement", importance=Importance.HIGH, doc="The new topic; $1 or ${name} is what a group matched."),
))


class RegexRouter:
    """Java's ``matches`` and then ``replaceFirst``. Looks at the topic only."""

    def config(self) -> ConfigDef:
        """See Transform."""
        return _KEYS

    def configure(self, props: Mapping[str, str]) -> None:
        """See Transform."""
        values = _KEYS.parse(props).good()
        self._pattern = compile_java(values["regex"])
        try:
            self._replace = java_replacement(values["replacement"], self._pattern)
        except ValueError as e:
            raise ConfigError({"replacement": [
                f"Invalid value {values['replacement']} for configuration replacement: {e}"]}) from None

    def route(self, topic: str) -> str:
        """The topic for records of this topic."""
        if not self._pattern.fullmatch(topic):
            return topic
        first = self._pattern.search(topic)
        assert first is not None
        return topic[:first.start()] + self._replace(first) + topic[first.end():]

    def apply(self, record: SourceRecord) -> SourceRecord | None:
        """See Transform."""
        topic = self.route(record.topic)
        return record if topic == record.topic else record.but(topic=topic)

    def close(self) -> None:
        """See Transform."""
