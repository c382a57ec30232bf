"""The independent reader of the tests: confluent-kafka's own Avro deserializer."""

from __future__ import annotations

from confluent_kafka.schema_registry import SchemaRegistryClient, topic_subject_name_strategy
from confluent_kafka.schema_registry.avro import AvroDeserializer


def registry_client(url: str) -> SchemaRegistryClient:
    """Confluent's registry client; a request that gets no answer ends after half a minute."""
    return SchemaRegistryClient({"url": url, "timeout": 30})


def avro_deserializer(client: SchemaRegistryClient) -> AvroDeserializer:
    """Reads by schema id. The topic's own strategy, since the default one asks the registry for associations on each subject,
    which Apicurio does not have."""
    return AvroDeserializer(client, conf={"subject.name.strategy": topic_subject_name_strategy})
