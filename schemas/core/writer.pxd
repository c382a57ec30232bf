cimport cython
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.string cimport memcpy

cdef inline void copy(bytearray space, Py_ssize_t at, bytes data, Py_ssize_t start, Py_ssize_t size) noexcept:
    memcpy(<char*>space + at, <const char*>data + start, size)

cdef inline void put_double(bytearray space, Py_ssize_t at, double value) noexcept:
    cdef unsigned long long bits
    cdef unsigned char* out = <unsigned char*><char*>space + at
    cdef int i
    memcpy(&bits, &value, 8)
    for i in range(8):
        out[i] = (bits >> (8 * i)) & 0xFF

cdef inline void copy_space(bytearray space, Py_ssize_t at, bytearray data, Py_ssize_t start, Py_ssize_t size) noexcept:
    memcpy(<char*>space + at, <const char*>data + start, size)

cdef inline bytes cut(bytearray space, Py_ssize_t start, Py_ssize_t end):
    return PyBytes_FromStringAndSize(<const char*>space + start, end - start)

cdef long long _LEAST, _MOST

@cython.final
cdef class Writer:
    cdef bytearray space
    cdef Py_ssize_t end
    cpdef Py_ssize_t size(self) noexcept
    cpdef truncate(self, Py_ssize_t size)
    @cython.locals(space=bytearray)
    cpdef bytes take(self)
    @cython.locals(have=cython.Py_ssize_t)
    cdef int room(self, Py_ssize_t size) except -1
    @cython.locals(size=cython.Py_ssize_t)
    cpdef write_raw(self, data)
    @cython.locals(out=cython.p_uchar)
    cpdef write_boolean(self, bint value)
    @cython.locals(out=cython.p_uchar)
    cpdef write_byte(self, unsigned char value)
    @cython.locals(out=cython.p_uchar, at=cython.Py_ssize_t, n=cython.ulonglong)
    cpdef write_long(self, long long value)
    cpdef write_float(self, double value)
    cpdef write_double(self, double value)
    cpdef write_bytes(self, data)
    cpdef write_part(self, bytes data, Py_ssize_t start, Py_ssize_t end)
    @cython.locals(size=cython.Py_ssize_t)
    cpdef write_slice(self, bytes data, Py_ssize_t start, Py_ssize_t end)
    cpdef write_string(self, str text)
    cpdef bytes piece(self, Py_ssize_t start, Py_ssize_t end)
    cpdef write_from(self, Writer other, Py_ssize_t start, Py_ssize_t end)
