cimport cython
from schemas.core.writer cimport Writer
from connectors.core.numbers cimport count_digits, write_digits
from connectors.core.run cimport RowSource, Rows
from connectors.postgres.core.rows cimport TupleSpans

cdef unsigned long long _MOST, _ALL

cdef class TupleSource(RowSource):
    cdef readonly bytes before
    cdef readonly bytes sequence
    cdef readonly bytes middle
    cdef readonly bytes after
    @cython.locals(signed=cython.longlong)
    cpdef write(self, Writer writer, unsigned long long at, Py_ssize_t number)

@cython.locals(i=cython.Py_ssize_t, size=cython.Py_ssize_t, entry=tuple, kind=cython.int, frame=bytes, tag=cython.int, new=cython.Py_ssize_t)
cpdef Py_ssize_t gather(list scanned, Py_ssize_t begin, Rows rows, Py_ssize_t number, TupleSpans spans, TupleSpans old, list keys,
                        bint by_key) except -1
@cython.locals(new=cython.Py_ssize_t, place=cython.Py_ssize_t)
cdef Py_ssize_t same_key(bytes frame, TupleSpans spans, TupleSpans old, list keys) except? -2
@cython.locals(i=cython.Py_ssize_t, size=cython.Py_ssize_t, entry=tuple, kind=cython.int)
cpdef Py_ssize_t pass_over(list scanned, Py_ssize_t begin) except -1
