"""Everything a plugin author imports: records, schemas, connectors, tasks, converters, transforms, configuration, errors.

No I/O happens here and nothing here imports the runtime.
"""

from connect.api.config import (
    REQUIRED,
    ConfigDef,
    ConfigKey,
    ConfigModel,
    Importance,
    KeyType,
    ParsedConfig,
    Width,
    key,
)
from connect.api.context import ConnectorContext, TaskContext
from connect.api.errors import (
    AlreadyExistsError,
    ConfigError,
    ConnectError,
    DataError,
    HeadgateError,
    NotFoundError,
    RecordError,
    RetriableError,
)
from connect.api.plugins import (
    AvroFraming,
    ConfigProvider,
    Converter,
    Converters,
    HeaderConverter,
    Predicate,
    Transform,
)
from connect.api.records import Header, Offset, Partition, RecordBatch, Serialized, SourceRecord
from connect.api.source import ExactlyOnceSupport, NamesProperties, SourceConnector, SourceTask
from schemas.model import Field, Schema, SchemaError, Type

__all__ = [
    "REQUIRED", "AlreadyExistsError", "AvroFraming", "ConfigDef", "ConfigError", "ConfigKey", "ConfigModel",
    "ConfigProvider", "ConnectError", "ConnectorContext", "Converter", "Converters", "DataError", "ExactlyOnceSupport",
    "Field", "Header", "HeaderConverter", "HeadgateError", "Importance", "KeyType", "NamesProperties", "NotFoundError", "Offset",
    "ParsedConfig", "Partition", "Predicate", "RecordBatch", "RecordError", "RetriableError", "Schema", "SchemaError",
    "Serialized", "SourceConnector", "SourceRecord", "SourceTask", "TaskContext", "Transform", "Type", "Width", "key",
]
