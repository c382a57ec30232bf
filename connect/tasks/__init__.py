"""Tasks: the supervisor in the worker, and the process in which one task runs."""
