from schemas.core.writer cimport Writer

cdef class RecordSink:
    cpdef bint enter(self, str topic, headers) except -1
    cpdef bint full(self) except -1
    cpdef bint put(self, Writer writer, Py_ssize_t key_end, bint valued) except -1
    cpdef bint add(self, record) except -1
    cpdef leave(self)
