cimport cython
from schemas.core.writer cimport Writer
from connectors.core.spans cimport Spans

cdef class Plan:
    cdef readonly Py_ssize_t size
    cdef readonly Py_ssize_t at
    cdef readonly bytes places
    cdef readonly bytes codes
    cdef readonly bytes heads
    cdef readonly list bounds
    cdef readonly list nulls
    cdef readonly list unchangeds
    cdef readonly list calls
    cdef readonly list wholes
    cpdef write(self, Spans spans, Writer writer, Spans fallback)
    @cython.locals(i=cython.Py_ssize_t, place=cython.Py_ssize_t, source=Spans, kind=cython.int, places=bytes, heads=bytes, head=cython.uchar)
    cdef int columns(self, Spans spans, Writer writer, Spans fallback) except -1
    cpdef cell(self, Py_ssize_t i, Spans source, Py_ssize_t start, Py_ssize_t end, Writer writer)
    cpdef leave(self, Py_ssize_t i, bytes raw, Writer writer)
