cimport cython
from schemas.core.writer cimport Writer
from connectors.core.plan cimport Plan
from connectors.core.spans cimport Spans

@cython.final
cdef class Rows:
    cdef readonly list kinds
    cdef readonly list frames
    cdef readonly list news
    cdef readonly list olds
    cdef readonly list ats
    cdef readonly list numbers
    cpdef add(self, int kind, bytes frame, Py_ssize_t new, Py_ssize_t old, unsigned long long at, Py_ssize_t number)
    cpdef truncate(self, Py_ssize_t size)
    @cython.locals(i=cython.Py_ssize_t)
    cpdef fill(self, int kind, list frames, Py_ssize_t begin, Py_ssize_t end, unsigned long long at)

cdef class RowSource:
    cpdef write(self, Writer writer, unsigned long long at, Py_ssize_t number)

cdef class NumberSource(RowSource):
    cdef readonly bytes before
    cdef readonly bytes after
    cpdef write(self, Writer writer, unsigned long long at, Py_ssize_t number)

@cython.final
cdef class RowWriter:
    cdef readonly Py_ssize_t at
    cdef readonly int which
    cdef readonly Spans spans
    cdef readonly Spans old
    cdef Plan new_plan
    cdef Plan partial_plan
    cdef Plan key_plan
    cdef bytes key_frame
    cdef bytes value_frame
    cdef str topic
    cdef object headers
    cdef list ends
    cdef bint tombstones
    cdef object make
    cpdef begin(self, list ends, bint tombstones)
    @cython.locals(i=cython.Py_ssize_t, kind=cython.int, frame=bytes, new=cython.Py_ssize_t, was=cython.Py_ssize_t, spans=Spans, before=Spans,
                   whole=Spans, key=bytes)
    cpdef write(self, Rows rows, Py_ssize_t begin, Py_ssize_t end, RowSource source, Writer writer, list out)
