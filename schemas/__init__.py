"""Schemas: the Connect schema model, change-event envelopes, Avro, the registry client and the encoders.

Imports nothing of connect, connectors or rest.
"""
