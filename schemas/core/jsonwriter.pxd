cimport cython
from libc.string cimport memcpy
from schemas.core.writer cimport Writer

cdef bytes _ESCAPES, _HEX, _BASE64
cdef int _SHORT

cdef inline bint plain8(bytes data, Py_ssize_t at) noexcept:
    # Eight characters of which none is escaped or outside ASCII. A borrow comes only from a byte that is found itself.
    cdef unsigned long long word, quote, slash
    memcpy(&word, <const char*>data + at, 8)
    quote = word ^ 0x2222222222222222ULL
    slash = word ^ 0x5C5C5C5C5C5C5C5CULL
    return ((word | (word - 0x2020202020202020ULL) | (quote - 0x0101010101010101ULL) | (slash - 0x0101010101010101ULL))
            & 0x8080808080808080ULL) == 0

cdef inline double read_double(bytes data, Py_ssize_t at) noexcept:
    cdef unsigned long long bits = 0
    cdef double value
    cdef const unsigned char* part = <const unsigned char*><const char*>data + at
    cdef int i
    for i in range(8):
        bits |= (<unsigned long long>part[i]) << (8 * i)
    memcpy(&value, &bits, 8)
    return value

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
    @cython.locals(data=bytes, writer=Writer, done=cython.Py_ssize_t, at=cython.Py_ssize_t, c=cython.int, size=cython.int)
    cdef int text(self, Py_ssize_t start, Py_ssize_t end) except -1
    @cython.locals(data=bytes, c=cython.int, d=cython.int, i=cython.int, size=cython.int)
    cdef int character(self, Py_ssize_t at, Py_ssize_t end) except -1
