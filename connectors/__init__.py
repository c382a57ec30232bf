"""The source connectors, and what they share.

Tables and their plans, codecs, changes and batches, the dressing of columns, the compiled loop (``core/``); selection, names,
masks, transactions, heartbeats; the shared part of the configuration. A connector is a folder here, or somebody else's package
with an entry point. Nothing here imports the runtime beyond :mod:`connect.api`; no connector imports another.
"""
