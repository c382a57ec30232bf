cimport cython

cdef class Spans:
    cdef readonly bytes buffer
    cdef readonly Py_ssize_t count
    cdef unsigned char[4096] kinds
    cdef Py_ssize_t[4096] starts
    cdef Py_ssize_t[4096] ends
    cpdef Py_ssize_t read(self, bytes buffer, Py_ssize_t offset) except -1
    cpdef release(self)
    cpdef int kind(self, Py_ssize_t column) except -1
    cpdef Py_ssize_t start(self, Py_ssize_t column) except -1
    cpdef Py_ssize_t end(self, Py_ssize_t column) except -1
    cpdef bytes raw(self, Py_ssize_t column)
    @cython.locals(a=cython.int)
    cpdef bint same(self, Spans other, Py_ssize_t column) except -1
