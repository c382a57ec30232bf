"""Command line: ``headgate worker``, ``headgate standalone`` and the clients of the REST API."""
