"""The compiled core of this package: one readable source each, compiled when there is a compiler.

Importing the package chooses the implementation (see :mod:`schemas.core_select`).
"""

from schemas.core_select import load

load("schemas.core.writer")
load("schemas.core.sink")
load("schemas.core.jsontext")
load("schemas.core.jsonwriter")
