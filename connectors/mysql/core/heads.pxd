cimport cython

cdef unsigned int[2048] TABLES

cdef inline unsigned int checksum(bytes data, Py_ssize_t size) noexcept:
    cdef const unsigned char* p = <const unsigned char*><const char*>data
    cdef const unsigned char* stop = p + size
    cdef unsigned int c = 0xFFFFFFFF
    while stop - p >= 8:
        c ^= p[0] | (<unsigned int>p[1] << 8) | (<unsigned int>p[2] << 16) | (<unsigned int>p[3] << 24)
        c = (TABLES[1792 + (c & 255)] ^ TABLES[1536 + ((c >> 8) & 255)] ^ TABLES[1280 + ((c >> 16) & 255)] ^ TABLES[1024 + (c >> 24)]
             ^ TABLES[768 + p[4]] ^ TABLES[512 + p[5]] ^ TABLES[256 + p[6]] ^ TABLES[p[7]])
        p += 8
    while p < stop:
        c = TABLES[(c ^ p[0]) & 255] ^ (c >> 8)
        p += 1
    return c ^ 0xFFFFFFFF

@cython.final
cdef class EventHead:
    cdef readonly bytes packet
    cdef readonly int kind
    cdef readonly Py_ssize_t end
    cdef readonly long long time
    cdef readonly long long server
    @cython.locals(size=cython.Py_ssize_t)
    cdef bint read(self, bytes packet, bint checked) except -1
    @cython.locals(value=cython.longlong, packet=bytes, i=cython.Py_ssize_t)
    cdef Py_ssize_t number(self, Py_ssize_t at, int width) except? -1
    @cython.locals(end=cython.Py_ssize_t, at=cython.Py_ssize_t, name_end=cython.Py_ssize_t, packet=bytes)
    cdef bint statement(self, bytes text) except -1
    cdef release(self)
