"""The Connect runtime: configuration, internal topics, the herder, task processes and the delivery of records."""
