"""Converters between Connect data and the bytes of Kafka keys, values and headers; one module each."""
