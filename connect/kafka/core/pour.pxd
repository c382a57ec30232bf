cimport cython
from connect.kafka.core.accumulator cimport Accumulator, Open, Sink, murmur2_part
from schemas.core.sink cimport RecordSink
from schemas.core.writer cimport Writer

cdef class PourSink(RecordSink):
    cdef Accumulator _accumulator
    cdef object _lock
    cdef object _owner
    cdef Sink _sink
    cdef bytes _header
    cdef long long _now_ms
    cdef double _now
    cdef readonly int why
    cdef readonly str topic
    cdef public Py_ssize_t skip_to
    cdef readonly Py_ssize_t position
    cdef readonly Py_ssize_t sent
    cdef readonly Py_ssize_t size
    cpdef bint enter(self, str topic, headers) except -1
    cpdef bint full(self) except -1
    cpdef bint add(self, record) except -1
    cpdef leave(self)
    cpdef clear(self)
    cpdef begin(self, owner, Py_ssize_t skip_to)
    @cython.locals(open=Open, into=Writer, sink=Sink, accumulator=Accumulator, header=bytes, end=cython.Py_ssize_t, start=cython.Py_ssize_t, size=cython.Py_ssize_t,
                   partition=cython.Py_ssize_t)
    cpdef bint put(self, Writer writer, Py_ssize_t key_end, bint valued) except -1
