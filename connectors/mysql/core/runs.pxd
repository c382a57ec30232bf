cimport cython
from connectors.core.run cimport Rows
from connectors.core.spans cimport Spans

@cython.locals(taken=cython.Py_ssize_t, after=cython.Py_ssize_t, middle=cython.Py_ssize_t)
cpdef tuple gather(int kind, bytes body, Py_ssize_t at, Py_ssize_t end, Py_ssize_t row, Py_ssize_t first, Py_ssize_t limit,
                   Py_ssize_t stop, Spans new, Spans old, list keys, Rows rows)
@cython.locals(place=cython.Py_ssize_t)
cdef bint same(Spans new, Spans old, list keys) except -1
