"""Kafka: clients, the compacted-topic log, topic creation. The only package that imports confluent_kafka."""
