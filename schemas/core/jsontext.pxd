cimport cython
from libc.string cimport memcpy
from schemas.core.writer cimport Writer

cdef bytes _ESCAPES

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

@cython.locals(c=cython.int, d=cython.int, size=cython.Py_ssize_t, i=cython.Py_ssize_t)
cpdef Py_ssize_t character_size(bytes data, Py_ssize_t at, Py_ssize_t end) except -1
@cython.locals(done=cython.Py_ssize_t, at=cython.Py_ssize_t, c=cython.int, size=cython.Py_ssize_t)
cpdef Py_ssize_t write_text(bytes data, Py_ssize_t start, Py_ssize_t end, bytes digits, Writer writer) except -2
