"""The stores: connector configurations, source offsets and statuses, as Kafka Connect keeps them in its three topics."""
