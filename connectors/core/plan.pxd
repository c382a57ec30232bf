cimport cython
from schemas.core.writer cimport Writer
from connectors.core.spans cimport Spans

cdef class Plan:
    cdef readonly Py_ssize_t size
    cdef readonly list places
    cdef readonly list codes
    cdef readonly list bounds
    cdef readonly list befores
    cdef readonly list nulls
    cdef readonly list unchangeds
    cdef readonly list calls
    cdef readonly list wholes
    @cython.locals(i=cython.Py_ssize_t, place=cython.Py_ssize_t, source=Spans, kind=cython.int)
    cpdef write(self, Spans spans, Writer writer, Spans fallback)
    cpdef cell(self, Py_ssize_t i, Spans source, Py_ssize_t start, Py_ssize_t end, Writer writer)
    cpdef leave(self, Py_ssize_t i, bytes raw, Writer writer)
