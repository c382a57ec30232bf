"""Topic names of tables, heartbeats, transactions, messages and changes of structure, as Debezium's naming strategies make them.

Debezium only warns when two tables end in one topic; here :class:`TopicNames` refuses it, since consumers could not tell
the two apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from connect.api.errors import ConnectError

__all__ = ["STRATEGIES", "TopicNames", "java_replacement", "sanitise", "sanitise_unicode"]

_ILLEGAL = re.compile(r"[^A-Za-z0-9._-]")
_MAX = 249

STRATEGIES = {
    "io.debezium.schema.SchemaTopicNamingStrategy": "schema",
    "io.debezium.schema.DefaultTopicNamingStrategy": "default",
    "io.debezium.schema.SchemaRegexTopicNamingStrategy": "schema_regex",
    "io.debezium.schema.DefaultRegexTopicNamingStrategy": "default_regex",
    "io.debezium.schema.SchemaUnicodeTopicNamingStrategy": "schema_unicode",
    "io.debezium.schema.DefaultUnicodeTopicNamingStrategy": "default_unicode",
}
"""Debezium's strategy classes by what they do. For one table name the schema and the default family agree."""


def sanitise(name: str) -> str:
    """Every character Kafka forbids becomes ``_``; at most 249 characters; ``.`` and ``..`` are replaced."""
    clean = _ILLEGAL.sub("_", name)[:_MAX]
    return clean.replace(".", "_") if clean in (".", "..") else clean


def sanitise_unicode(name: str) -> str:
    """Every character Kafka forbids, and ``_`` itself, becomes ``_u`` and its four hexadecimal digits."""
    return "".join(c if re.match(r"[A-Za-z0-9.-]", c) else "".join(
        f"_u{int.from_bytes(u, 'big'):04x}" for u in _utf16(c)) for c in name)[:_MAX]


def _utf16(c: str) -> Sequence[bytes]:
    data = c.encode("utf-16-be", "surrogatepass")
    return [data[i:i + 2] for i in range(0, len(data), 2)]


def java_replacement(text: str) -> str:
    r"""A replacement as ``java.util.regex`` writes it (``$1``, ``${name}``, ``\$``) in the form ``re`` understands."""
    out, i = [], 0
    while i < len(text):
        c = text[i]
        if c == "\\" and i + 1 < len(text):
            out.append("\\\\" if text[i + 1] == "\\" else text[i + 1])
            i += 2
        elif c == "$" and (m := re.compile(r"\$(\d+|\{(\w+)\})").match(text, i)):
            out.append(f"\\g<{m[2] or m[1]}>")
            i = m.end()
        elif c == "\\":
            out.append("\\\\")
            i += 1
        else:
            out.append(c)
            i += 1
    return "".join(out)


@dataclass(slots=True)
class TopicNames:
    """The topics of one connector. Remembers which table took which topic and refuses a second one."""

    prefix: str
    delimiter: str = "."
    strategy: str = "schema"
    regex: re.Pattern[str] | None = None
    replacement: str = ""
    heartbeat_prefix: str = "__debezium-heartbeat"
    heartbeat_name: str | None = None
    transaction_suffix: str = "transaction"
    _taken: dict[str, str] = field(default_factory=dict, repr=False)

    def data(self, *parts: str) -> str:
        """The topic of a table given by its qualifying names (schema, table). Raises ConnectError on a collision."""
        clean = self._clean
        topic = clean(self.delimiter.join((self.prefix, *parts)))
        if self.regex is not None:
            renamed = self.regex.sub(java_replacement(self.replacement), topic) if self.regex.fullmatch(topic) else topic
            return clean(renamed) or topic
        owner = ".".join(parts)
        first = self._taken.setdefault(topic, owner)
        if first != owner:
            raise ConnectError(
                f"tables {first!r} and {owner!r} would share topic {topic!r}; leave one out with table.exclude.list, rename "
                "one, or set topic.naming.strategy to io.debezium.schema.SchemaUnicodeTopicNamingStrategy")
        return topic

    @property
    def _clean(self) -> Callable[[str], str]:
        return sanitise_unicode if self.strategy.endswith("unicode") else sanitise

    @property
    def heartbeat(self) -> str:
        """The topic of heartbeats."""
        if self.heartbeat_name:
            return self._clean(self.heartbeat_name)
        return self._clean(self.delimiter.join((self.heartbeat_prefix, self.prefix)))

    @property
    def transaction(self) -> str:
        """The topic of transaction metadata."""
        return self._clean(self.delimiter.join((self.prefix, self.transaction_suffix)))

    @property
    def schema_changes(self) -> str:
        """The topic of changes of structure."""
        return self._clean(self.prefix)

    @property
    def message(self) -> str:
        """The topic of logical decoding messages."""
        return self._clean(self.delimiter.join((self.prefix, "message")))
