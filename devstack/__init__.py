"""Real servers (Kafka, a schema registry, databases) for the demo, the tests and the benchmarks, without Docker.

On the command line: ``python -m devstack up kafka registry postgres``. From Python: ``devstack.Stack``.
Not installed with the product: it lives in the source tree only.
"""

from devstack.errors import DevstackError, MissingProgramError
from devstack.kafka import Kafka
from devstack.mysql import MariaDb, MySql
from devstack.postgres import Postgres
from devstack.registry import Registry
from devstack.server import Server
from devstack.stack import Stack

__all__ = ["DevstackError", "Kafka", "MariaDb", "MissingProgramError", "MySql", "Postgres", "Registry", "Server", "Stack"]
