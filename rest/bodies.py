"""What requests and answers look like: pydantic models, which check the one and describe both.

Members that Kafka Connect's classes do not have are refused. Configuration values are text; numbers and booleans are
turned into it as Kafka Connect does, null stays null.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from connect.herder.requests import InitialState
from rest.route import JsonNumber

__all__ = [
    "AlterOffsets", "Config", "ConfigText", "Connector", "ConnectorOffset", "ConnectorOffsets", "CreateConnector", "ErrorMessage",
    "Expanded", "Flag", "HealthAnswer", "KeyDefinition", "KeyReport", "KeyValue", "LevelAnswer", "LoggerLevelBody", "Message",
    "Plugin", "Root", "Scope", "Status", "StatusConnector", "StatusTask", "Task", "TaskIdAnswer", "TopicsAnswer",
    "ValidationReport", "error_answers",
]


def _to_text(value: Any) -> Any:
    """JSON scalar → text: true → ``true``, 1 → ``1``, 1.50 → ``1.5``; null stays."""
    match value:
        case None | str():
            return value
        case bool():
            return "true" if value else "false"
        case JsonNumber():
            plain = value.text.lower()
            return value.text if "e" in plain or "." not in plain else _trim_zeros(value.text)
        case int() | float():
            return str(value)
        case _:
            raise ValueError(f"expected text, a number, true, false or null, found {_json_name(value)}")


def _trim_zeros(text: str) -> str:
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction.rstrip('0') or '0'}"


def _json_name(value: Any) -> str:
    return "an array" if isinstance(value, list) else "an object"


def _to_flag(value: Any) -> Any:
    """``true`` or ``false`` in any case (Python clients send ``True``)."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise ValueError(f"expected true or false, found {value!r}")


def _to_state(value: Any) -> Any:
    if isinstance(value, str) and value.upper() in InitialState.__members__:
        return InitialState[value.upper()]
    if value is None:
        return value
    raise ValueError(f"expected one of {', '.join(InitialState)}, found {value!r}" if isinstance(value, str) else
                     f"expected one of {', '.join(InitialState)}")


def _to_scope(value: Any) -> Any:
    if isinstance(value, str) and value.lower() in ("worker", "cluster"):
        return value.lower()
    raise ValueError("expected worker or cluster")


def _scalar_members(value: Any) -> Any:
    """Partitions and offsets are flat maps."""
    if isinstance(value, dict):
        for key, member in value.items():
            if isinstance(member, (dict, list)):
                raise ValueError(f"partitions and offsets may only contain primitive values, but {key} is {_json_name(member)}")
    return value


ConfigText = Annotated[
    str | None, BeforeValidator(_to_text),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}, {"type": "null"}]}, mode="validation"),
]
Name = Annotated[str | None, BeforeValidator(_to_text), WithJsonSchema({"type": "string"}, mode="validation")]
Config = dict[str, ConfigText]
Flag = Annotated[bool, BeforeValidator(_to_flag), WithJsonSchema({"type": "boolean"})]
Flat = Annotated[dict[str, Any], BeforeValidator(_scalar_members), WithJsonSchema({"type": "object", "additionalProperties": {
    "anyOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}, {"type": "null"}]}})]


class Scope(StrEnum):
    """Whose loggers a level is for."""

    WORKER = "worker"
    CLUSTER = "cluster"


ScopeText = Annotated[Scope, BeforeValidator(_to_scope)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CreateConnector(_Request):
    """A connector to be created."""

    name: Name = Field(None, description="Leading and trailing blanks are removed.", examples=["inventory"])
    config: Config = Field(description="Flat; `name` may be left out.")
    initial_state: Annotated[
        InitialState | None, BeforeValidator(_to_state),
        WithJsonSchema({"enum": ["RUNNING", "PAUSED", "STOPPED", None]}, mode="validation"),
    ] = Field(None, description="The state to create it in; RUNNING if left out. Upper or lower case.")


class ConnectorOffset(_Request):
    """A source partition and its offset; null resets the partition."""

    partition: Flat = Field(min_length=1, examples=[{"server": "inventory"}])
    offset: Flat | None = None


class AlterOffsets(_Request):
    """Offsets to change; partitions that are not named keep theirs."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"required": ["offsets"]})
    offsets: list[ConnectorOffset] | None = Field(None, json_schema_extra={"minItems": 1})


class LoggerLevelBody(BaseModel):
    """A level; other members are ignored."""

    model_config = ConfigDict(json_schema_extra={"required": ["level"]})
    level: Name = Field(None, examples=["DEBUG"])


class _Answer(BaseModel):
    pass


class ErrorMessage(_Answer):
    """Every failure."""

    error_code: int = Field(description="The HTTP status.")
    message: str | None


class Message(_Answer):
    """What was done."""

    message: str


class Root(_Answer):
    """The worker."""

    model_config = ConfigDict(extra="allow")
    version: str = Field(description="The Kafka Connect version this API is compatible with.", examples=["4.1.0"])
    commit: str
    kafka_cluster_id: str


class HealthAnswer(_Answer):
    """The worker's health."""

    status: str = Field(examples=["healthy", "starting", "unhealthy"])
    message: str


class TaskIdAnswer(_Answer):
    """A task."""

    connector: str
    task: int


class Connector(_Answer):
    """A connector as configured; passwords are `[hidden]`."""

    name: str
    config: dict[str, str | None]
    tasks: list[TaskIdAnswer]
    type: str = Field(examples=["source"])


class Task(_Answer):
    """A task's configuration; passwords are `[hidden]`."""

    id: TaskIdAnswer
    config: dict[str, str | None]


class StatusConnector(_Answer):
    """State of the connector itself."""

    state: str = Field(examples=["RUNNING", "PAUSED", "STOPPED", "FAILED", "UNASSIGNED", "RESTARTING"])
    worker_id: str = Field(examples=["127.0.0.1:8083"])
    version: str | None = None
    trace: str | None = Field(None, description="Only when there is one.")


class StatusTask(StatusConnector):
    """State of a task."""

    id: int
    condition: str | None = Field(None, description="What a running task waits for; only when there is something.")


class Status(_Answer):
    """State of a connector and its tasks."""

    name: str
    connector: StatusConnector
    tasks: list[StatusTask]
    type: str


class Expanded(_Answer):
    """One connector of an expanded list."""

    info: Connector | None = None
    status: Status | None = None


class ConnectorOffsets(_Answer):
    """Stored offsets, one for each source partition."""

    class Entry(_Answer):
        """A source partition and its offset."""

        partition: dict[str, Any]
        offset: dict[str, Any]

    offsets: list[Entry]


class TopicsAnswer(_Answer):
    """Topics a connector has produced to."""

    topics: list[str]


class Plugin(_Answer):
    """A plugin of this worker."""

    model_config = ConfigDict(populate_by_name=True)
    class_: str = Field(alias="class", examples=["io.debezium.connector.postgresql.PostgresConnector"])
    type: str = Field(examples=["source", "converter", "transformation", "predicate", "header_converter"])
    version: str | None = None


class KeyDefinition(_Answer):
    """A configuration key."""

    name: str
    type: str
    required: bool
    default_value: str | None
    importance: str
    documentation: str
    group: str | None
    width: str
    display_name: str | None
    dependents: list[str]
    order: int


class KeyValue(_Answer):
    """A configuration key's value and what is wrong with it."""

    name: str
    value: str | None
    recommended_values: list[str | None]
    errors: list[str]
    visible: bool


class KeyReport(_Answer):
    """Definition and value of a key; one of them may be null."""

    definition: KeyDefinition | None
    value: KeyValue | None


class ValidationReport(_Answer):
    """What is right and wrong with a configuration."""

    name: str
    error_count: int
    groups: list[str]
    configs: list[KeyReport]


class LevelAnswer(_Answer):
    """A logger's level; milliseconds when it was last changed."""

    level: str
    last_modified: int | None


_MEANINGS = {
    400: "The request is wrong", 403: "Switched off on this worker", 404: "Not there", 405: "No such method here",
    406: "Only application/json can be had", 409: "There already, or the cluster is busy", 415: "Send application/json",
    500: "The worker could not do it", 503: "Not ready",
}


def error_answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """``responses=`` of a route: every status with the error body."""
    return {s: {"model": ErrorMessage, "description": _MEANINGS[s]} for s in sorted(statuses)}
