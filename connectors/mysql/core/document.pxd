cimport cython
from schemas.core.jsontext cimport read_double, write_text
from schemas.core.writer cimport Writer
from connectors.core.numbers cimport write_digits
from connectors.mysql.core.values cimport little

cdef unsigned long long _ALL
cdef int _DEEPEST
cdef bytes _HEX

@cython.final
cdef class Document:
    cdef bytes data
    cdef Py_ssize_t left
    cdef Py_ssize_t stop
    cdef Writer writer
    cdef object opaque
    @cython.locals(data=bytes, writer=Writer, number=cython.double, start=cython.Py_ssize_t)
    cdef bint value(self, int kind, Py_ssize_t at, Py_ssize_t end, int depth) except -1
    @cython.locals(data=bytes, writer=Writer, large=cython.bint, width=cython.Py_ssize_t, count=cython.Py_ssize_t, size=cython.Py_ssize_t,
                   named=cython.bint, keys=cython.Py_ssize_t, table=cython.Py_ssize_t, head=cython.Py_ssize_t, i=cython.Py_ssize_t,
                   where=cython.Py_ssize_t, length=cython.Py_ssize_t, member=cython.int)
    cdef bint container(self, int kind, Py_ssize_t at, Py_ssize_t end, int depth) except -1
    @cython.locals(size=cython.int, number=cython.ulonglong, i=cython.int)
    cdef bint number(self, int kind, Py_ssize_t at, Py_ssize_t end) except -1
    @cython.locals(length=cython.Py_ssize_t, shift=cython.int, byte=cython.Py_ssize_t)
    cdef Py_ssize_t sized(self, Py_ssize_t at, Py_ssize_t end) except -2
    cdef bint text(self, Py_ssize_t start, Py_ssize_t end) except -1

@cython.locals(before=cython.Py_ssize_t)
cpdef bint write_document(bytes data, Py_ssize_t start, Py_ssize_t end, Writer writer, object opaque) except -1
cpdef str double_text(double value)
