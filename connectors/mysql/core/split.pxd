cimport cython

cdef inline bytes piece(bytearray buffer, Py_ssize_t start, Py_ssize_t end):
    return (<char*>buffer)[start:end]

@cython.locals(taken=cython.Py_ssize_t, skip=cython.Py_ssize_t, length=cython.Py_ssize_t, body=cython.Py_ssize_t)
cpdef tuple split(bytearray buffer, Py_ssize_t at, Py_ssize_t end, int sequence, bint marked, Py_ssize_t room, Py_ssize_t most, list out)
