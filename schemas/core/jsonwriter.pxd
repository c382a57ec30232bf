cimport cython
from libc.string cimport memcpy
from schemas.core.jsontext cimport read_double, write_text
from schemas.core.writer cimport Writer

cdef bytes _HEX, _BASE64
cdef int _SHORT

cdef inline double read_float(bytes data, Py_ssize_t at) noexcept:
    cdef unsigned int bits = 0
    cdef float value
    cdef const unsigned char* part = <const unsigned char*><const char*>data + at
    cdef int i
    for i in range(4):
        bits |= (<unsigned int>part[i]) << (8 * i)
    memcpy(&value, &bits, 4)
    return value

@cython.final
cdef class Node:
    cdef readonly int kind
    cdef readonly int branch
    cdef readonly bytes null
    cdef readonly list marks
    cdef readonly list members

@cython.final
cdef class JsonWriter:
    cdef bytes data
    cdef Py_ssize_t at
    cdef Py_ssize_t end
    cdef Writer writer
    @cython.locals(writer=Writer)
    cpdef bytes convert(self, Node node, bytes data, Py_ssize_t offset, bytes head, bytes tail)
    @cython.locals(writer=Writer, number=cython.longlong, present=cython.bint, kind=cython.int, start=cython.Py_ssize_t, real=cython.double)
    cdef int value(self, Node node) except -1
    @cython.locals(writer=Writer, size=cython.Py_ssize_t, i=cython.Py_ssize_t)
    cdef int record(self, Node node) except -1
    @cython.locals(writer=Writer, kind=cython.int, first=cython.bint, count=cython.longlong)
    cdef int many(self, Node node) except -1
    cdef int need(self, Py_ssize_t size) except -1
    @cython.locals(data=bytes, n=cython.ulonglong, shift=cython.int, part=cython.ulonglong)
    cdef long long number(self) except *
    @cython.locals(size=cython.longlong, start=cython.Py_ssize_t)
    cdef Py_ssize_t sized(self) except -1
    @cython.locals(writer=Writer, n=cython.ulonglong, left=cython.ulonglong, count=cython.int, out=cython.p_uchar, at=cython.Py_ssize_t)
    cdef int digits(self, long long number) except -1
    @cython.locals(data=bytes, writer=Writer, a=cython.int, b=cython.int, c=cython.int)
    cdef int base64(self, Py_ssize_t start, Py_ssize_t end) except -1
    @cython.locals(bad=cython.Py_ssize_t)
    cdef int text(self, Py_ssize_t start, Py_ssize_t end) except -1
