"""Names: Debezium's adjustment of schema and field names, topic sanitising, and the subjects of a registry.

Facts: ``schema.name.adjustment.mode``, ``field.name.adjustment.mode`` and the subject name strategies of Confluent's
serialisers. All pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum

from schemas.avro import CONFLUENT, AvroStyle, avro_schema
from schemas.model import Schema, SchemaError

__all__ = [
    "SUBJECT_STRATEGIES", "Adjustment", "Subject", "adjust_field_name", "adjust_schema_name", "avro_full_name",
    "sanitise_topic", "subject_strategy",
]


class Adjustment(StrEnum):
    """How names are made fit for Avro; the value is the word in the configuration."""

    NONE = "none"
    AVRO = "avro"
    AVRO_UNICODE = "avro_unicode"


_ILLEGAL = re.compile(r"[^A-Za-z0-9_]")
_ILLEGAL_UNICODE = re.compile(r"[^A-Za-z0-9]")
_DIGITS = "0123456789"


def adjust_schema_name(name: str, mode: Adjustment | str) -> str:
    """A full schema name; dots separate its parts and stay, each part is made an Avro name."""
    if mode == Adjustment.NONE:
        return name
    return ".".join(_adjust(part, mode) for part in name.split("."))


def adjust_field_name(name: str, mode: Adjustment | str) -> str:
    """A field name; a dot is illegal in it like any other character."""
    return name if mode == Adjustment.NONE else _adjust(name, mode)


def _adjust(part: str, mode: Adjustment | str) -> str:
    if mode == Adjustment.AVRO:
        fit = _ILLEGAL.sub("_", part)
        return "_" + fit if fit[:1] in _DIGITS and fit else fit
    head, tail = part[:1], part[1:]
    first = _unicode(head) if head and head in _DIGITS else _ILLEGAL_UNICODE.sub(lambda m: _unicode(m[0]), head)
    return first + _ILLEGAL_UNICODE.sub(lambda m: _unicode(m[0]), tail)


def _unicode(c: str) -> str:
    # Java works in UTF-16 units: a character beyond the first plane becomes two escapes.
    units = c.encode("utf-16-be")
    codes = [int.from_bytes(units[i : i + 2], "big") for i in range(0, len(units), 2)]
    return "".join(f"_u{'00' if n < 0x100 else ''}{n:x}" for n in codes)


_TOPIC_ILLEGAL = re.compile(r"[^A-Za-z0-9._-]")
_TOPIC_LENGTH = 249


def sanitise_topic(name: str) -> str:
    """A topic name that Kafka takes: other characters than ``[A-Za-z0-9._-]`` become ``_``, cut to 249 characters.

    Two names may become one; the caller refuses that.
    """
    fit = _TOPIC_ILLEGAL.sub("_", name)[:_TOPIC_LENGTH]
    return fit.replace(".", "_") if fit in (".", "..") else fit


Subject = Callable[[str, bool, str | None], str]
"""(topic, is_key, full name of the record or None) → subject. Raises SchemaError when it needs a record's name."""


def _topic_name(topic: str, is_key: bool, record: str | None) -> str:
    return f"{topic}-key" if is_key else f"{topic}-value"


def _record_name(topic: str, is_key: bool, record: str | None) -> str:
    if record is None:
        raise SchemaError(f"the {'key' if is_key else 'value'} of topic {topic} is not a record, so a subject named after its "
                          "record has no name; use TopicNameStrategy")
    return record


def _topic_record_name(topic: str, is_key: bool, record: str | None) -> str:
    return f"{topic}-{_record_name(topic, is_key, record)}"


SUBJECT_STRATEGIES: dict[str, Subject] = {
    "TopicNameStrategy": _topic_name,
    "RecordNameStrategy": _record_name,
    "TopicRecordNameStrategy": _topic_record_name,
}
"""By short name."""


def subject_strategy(name: str) -> Subject:
    """The strategy of this short name or Java class name. Raises ValueError naming the known ones."""
    short = name.rpartition(".")[2]
    package = name.rpartition(".")[0]
    found = SUBJECT_STRATEGIES.get(short)
    if found is None or package not in ("", "io.confluent.kafka.serializers.subject"):
        raise ValueError(f"unknown subject name strategy; known are {', '.join(SUBJECT_STRATEGIES)} "
                         "(also as io.confluent.kafka.serializers.subject.…)")
    return found


def avro_full_name(schema: Schema, style: AvroStyle = CONFLUENT) -> str | None:
    """The full name of the Avro record this schema becomes; None when it is no record."""
    form = avro_schema(schema, style)
    if isinstance(form, dict) and form["type"] == "record":
        return f"{form['namespace']}.{form['name']}" if form.get("namespace") else str(form["name"])
    return None
