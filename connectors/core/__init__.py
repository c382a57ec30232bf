"""The compiled core that the connectors share: one readable source each, compiled when there is a compiler.

Importing the package chooses the implementation (see :mod:`schemas.core_select`).
"""

import schemas.core
from schemas.core_select import load

__all__ = ["schemas"]

load("connectors.core.numbers")
load("connectors.core.spans")
load("connectors.core.plan")
load("connectors.core.run")
