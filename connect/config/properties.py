"""Worker properties: Java ``.properties`` files and the environment of the usual container images.

A container of Confluent's takes ``CONNECT_GROUP_ID`` for ``group.id``; Debezium's takes short names too (``GROUP_ID``). Both
sets work here, so that a compose file needs nothing but another image.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from connect.api.errors import ConfigError

__all__ = ["EnvironmentProperties", "environment_properties", "load_properties", "parse_properties"]

_BLANK = " \t\f"
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Number of the first line and text of each entry: comments gone, continuation lines joined."""
    joined, start = "", 0
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, raw in enumerate(lines, 1):
        line = raw.lstrip(_BLANK)
        if not joined:
            if not line or line[0] in "#!":
                continue
            start = number
        trailing = len(line) - len(line.rstrip("\\"))
        if trailing % 2:
            joined += line[:-1]
            if not joined:
                # A continuation of nothing: what follows is still one entry.
                joined = ""
            continue
        yield start, joined + line
        joined = ""
    if joined:
        yield start, joined


def _unescape(text: str, line: int) -> str:
    if "\\" not in text:
        return text
    out: list[str] = []
    at = 0
    while at < len(text):
        c = text[at]
        if c != "\\":
            out.append(c)
            at += 1
            continue
        c = text[at + 1] if at + 1 < len(text) else ""
        if c == "u":
            digits = text[at + 2 : at + 6]
            try:
                if len(digits) != 4:
                    raise ValueError
                out.append(chr(int(digits, 16)))
            except ValueError:
                raise ValueError(f"line {line}: \\u must be followed by four hexadecimal digits") from None
            at += 6
        else:
            out.append(_ESCAPES.get(c, c))
            at += 2
    # Java writes characters outside the basic plane as two escapes.
    return "".join(out).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _split(entry: str) -> tuple[str, str]:
    at = 0
    while at < len(entry) and entry[at] not in "=: \t\f":
        at += 2 if entry[at] == "\\" else 1
    key, rest = entry[:at], entry[at:].lstrip(_BLANK)
    if rest[:1] in ("=", ":"):
        rest = rest[1:].lstrip(_BLANK)
    return key, rest


def parse_properties(text: str) -> dict[str, str]:
    """Read a Java properties text. The last of several entries for one key wins. Raises ValueError naming the line."""
    props: dict[str, str] = {}
    for number, entry in _logical_lines(text):
        key, value = _split(entry)
        props[_unescape(key, number)] = _unescape(value, number)
    return props


def load_properties(path: Path) -> dict[str, str]:
    """Read a properties file (UTF-8). Values are trimmed at their end, as Kafka's tools do. Raises ConfigError."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as e:
        raise ConfigError({str(path): [f"cannot read {path}: {e.strerror or e}"]}) from None
    except UnicodeDecodeError as e:
        raise ConfigError({str(path): [f"{path} is not UTF-8 (byte {e.start}); write other characters as \\uXXXX"]}) from None
    try:
        return {k: v.rstrip() for k, v in parse_properties(text).items()}
    except ValueError as e:
        raise ConfigError({str(path): [f"{path}: {e}"]}) from None


_SHORT = {
    "BOOTSTRAP_SERVERS": "bootstrap.servers",
    "GROUP_ID": "group.id",
    "CONFIG_STORAGE_TOPIC": "config.storage.topic",
    "OFFSET_STORAGE_TOPIC": "offset.storage.topic",
    "STATUS_STORAGE_TOPIC": "status.storage.topic",
    "CONFIG_STORAGE_REPLICATION_FACTOR": "config.storage.replication.factor",
    "OFFSET_STORAGE_REPLICATION_FACTOR": "offset.storage.replication.factor",
    "STATUS_STORAGE_REPLICATION_FACTOR": "status.storage.replication.factor",
    "OFFSET_STORAGE_PARTITIONS": "offset.storage.partitions",
    "STATUS_STORAGE_PARTITIONS": "status.storage.partitions",
    "KEY_CONVERTER": "key.converter",
    "VALUE_CONVERTER": "value.converter",
    "ADVERTISED_HOST_NAME": "rest.advertised.host.name",
    "ADVERTISED_PORT": "rest.advertised.port",
    "OFFSET_FLUSH_INTERVAL_MS": "offset.flush.interval.ms",
    "OFFSET_FLUSH_TIMEOUT_MS": "offset.flush.timeout.ms",
    "SHUTDOWN_TIMEOUT": "task.shutdown.graceful.timeout.ms",
    "LOG_LEVEL": "headgate.log.level",
}
_JVM = (
    "HEAP_OPTS", "KAFKA_HEAP_OPTS", "KAFKA_OPTS", "KAFKA_JVM_PERFORMANCE_OPTS", "KAFKA_GC_LOG_OPTS", "KAFKA_JMX_OPTS", "JMXHOST",
    "JMXPORT", "KAFKA_JMX_PORT", "KAFKA_JMX_HOSTNAME", "JMXAUTH", "JMXSSL", "KAFKA_LOG4J_OPTS", "CONNECT_LOG4J_LOGGERS",
    "CONNECT_LOG4J_ROOT_LOGLEVEL", "CONNECT_LOG4J_APPENDER_STDOUT_LAYOUT_CONVERSIONPATTERN", "EXTRA_ARGS", "CLASSPATH",
)


@dataclass(frozen=True, slots=True)
class EnvironmentProperties:
    """Worker properties found in the environment, and a note for each variable that has no meaning here."""

    props: Mapping[str, str]
    notes: tuple[str, ...] = ()


def environment_properties(environment: Mapping[str, str]) -> EnvironmentProperties:
    """``CONNECT_*`` and Debezium's short names as worker properties; ``CONNECT_*`` wins.

    In a ``CONNECT_`` name one underscore is a dot, two are a dash, three are an underscore.
    """
    props: dict[str, str] = {}
    notes: list[str] = []
    for name, key in _SHORT.items():
        if environment.get(name):
            props[key] = environment[name]
    if environment.get("REST_PORT"):
        host = environment.get("REST_HOST_NAME", "")
        props["listeners"] = f"http://{host}:{environment['REST_PORT']}"
    for name, value in environment.items():
        if name in _JVM or name.startswith("ENABLE_"):
            notes.append(f"{name} is ignored: it belongs to the Java image, there is no JVM here")
        elif name.startswith("CONNECT_") and len(name) > len("CONNECT_"):
            props[_dotted(name.removeprefix("CONNECT_"))] = value
    if "CONNECT_LOG4J_ROOT_LOGLEVEL" in environment:
        props.setdefault("headgate.log.level", environment["CONNECT_LOG4J_ROOT_LOGLEVEL"])
        notes = [n for n in notes if not n.startswith("CONNECT_LOG4J_ROOT_LOGLEVEL ")]
    return EnvironmentProperties(props, tuple(notes))


def _dotted(name: str) -> str:
    marked = name.lower().replace("___", "\x00").replace("__", "\x01").replace("_", ".")
    return marked.replace("\x00", "_").replace("\x01", "-")
