"""Transforms and predicates with Kafka Connect's names and semantics, one module each, and the chain that applies them."""

__all__: list[str] = []
