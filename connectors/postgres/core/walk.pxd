cimport cython

cdef int _KEEPALIVE

@cython.final
cdef class Scanned:
    cdef list frames
    cdef Py_ssize_t count
    cdef unsigned char[::1] kinds
    cdef unsigned long long[::1] oids
    cdef unsigned long long[::1] lsns
    cdef unsigned long long[::1] ends
    cpdef _room(self, Py_ssize_t frames)
    @cython.locals(frame=bytes, size=cython.Py_ssize_t, count=cython.Py_ssize_t, i=cython.Py_ssize_t, first=cython.int, kind=cython.int,
                   oid=cython.ulonglong, lsn=cython.ulonglong, end=cython.ulonglong, newest=cython.ulonglong)
    cpdef unsigned long long scan(self, list frames) except? 0xFFFFFFFFFFFFFFFF
    cpdef release(self)
    cpdef int kind(self, Py_ssize_t i) except -1
    cpdef unsigned long long oid(self, Py_ssize_t i) except? 0xFFFFFFFFFFFFFFFF
    cpdef unsigned long long lsn(self, Py_ssize_t i) except? 0xFFFFFFFFFFFFFFFF
    cpdef unsigned long long end(self, Py_ssize_t i) except? 0xFFFFFFFFFFFFFFFF
    cpdef bytes frame(self, Py_ssize_t i)
    cdef int _check(self, Py_ssize_t i) except -1

@cython.locals(a=cython.ulonglong, b=cython.ulonglong, c=cython.ulonglong, d=cython.ulonglong)
cpdef unsigned long long u32(bytes buf, Py_ssize_t offset) except? 0xFFFFFFFFFFFFFFFF
@cython.locals(high=cython.ulonglong, low=cython.ulonglong)
cpdef unsigned long long u64(bytes buf, Py_ssize_t offset) except? 0xFFFFFFFFFFFFFFFF
