"""The compiled core of the Kafka producer: one readable source, compiled when there is a compiler.

Importing the package chooses the implementation (see :mod:`schemas.core_select`).
"""

import schemas.core
from schemas.core_select import load

__all__ = ["schemas"]

load("connect.kafka.core.accumulator")
load("connect.kafka.core.pour")
