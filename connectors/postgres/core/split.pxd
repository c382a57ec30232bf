cimport cython
from cpython.bytes cimport PyBytes_FromStringAndSize

cdef inline bytes piece(bytearray buffer, Py_ssize_t start, Py_ssize_t end):
    return PyBytes_FromStringAndSize(<const char*>buffer + start, end - start)

@cython.locals(length=cython.Py_ssize_t, begun=cython.Py_ssize_t, b0=cython.longlong, b1=cython.longlong, b2=cython.longlong, b3=cython.longlong)
cpdef Py_ssize_t split(bytearray buffer, Py_ssize_t at, Py_ssize_t end, Py_ssize_t room, Py_ssize_t most, list out) except -1
