cimport cython
from schemas.core.sink cimport RecordSink
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
    cdef list ends
    cdef bint tombstones
    cpdef begin(self, list ends, bint tombstones)
    @cython.locals(i=cython.Py_ssize_t, key_end=cython.Py_ssize_t)
    cpdef Py_ssize_t write(self, Rows rows, Py_ssize_t begin, Py_ssize_t end, RowSource source, Writer writer, RecordSink sink) except -1
    @cython.locals(kind=cython.int, frame=bytes, new=cython.Py_ssize_t, was=cython.Py_ssize_t, spans=Spans, before=Spans, whole=Spans, key_end=cython.Py_ssize_t)
    cdef Py_ssize_t _record(self, Rows rows, Py_ssize_t i, RowSource source, Writer writer) except -2

cdef class ListSink(RecordSink):
    cdef readonly list records
    cdef object make
    cdef str topic
    cdef object headers
    cpdef bint enter(self, str topic, headers) except -1
    cpdef bint full(self) except -1
    cpdef bint put(self, Writer writer, Py_ssize_t key_end, bint valued) except -1
    cpdef bint add(self, record) except -1
    cpdef leave(self)
    cpdef list taken(self)
