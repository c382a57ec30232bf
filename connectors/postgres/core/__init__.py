"""The compiled core of this package: one readable source each, compiled when there is a compiler.

Importing the package chooses the implementation (see :mod:`schemas.core_select`).
"""

import connectors.core
from schemas.core_select import load

__all__ = ["connectors"]

load("connectors.postgres.core.texts")
load("connectors.postgres.core.rows")
load("connectors.postgres.core.split")
load("connectors.postgres.core.walk")
load("connectors.postgres.core.runs")
