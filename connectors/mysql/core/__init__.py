"""The compiled core of this package: one readable source each, compiled when there is a compiler.

Importing the package chooses the implementation (see :mod:`schemas.core_select`).
"""

import connectors.core
from schemas.core_select import load

__all__ = ["connectors"]

load("connectors.mysql.core.values")
load("connectors.mysql.core.document")
load("connectors.mysql.core.rows")
load("connectors.mysql.core.runs")
load("connectors.mysql.core.places")
load("connectors.mysql.core.heads")
load("connectors.mysql.core.announced")
load("connectors.mysql.core.walk")
load("connectors.mysql.core.split")
