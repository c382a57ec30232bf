"""The source connectors, and what they share: selection, names, masks, transactions, heartbeats.

A connector is a folder here, or somebody else's package with an entry point. Nothing here imports the runtime beyond
:mod:`connect.api`.
"""
