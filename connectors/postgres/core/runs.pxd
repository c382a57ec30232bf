cimport cython
from schemas.core.writer cimport Writer
from connectors.core.numbers cimport count_digits, write_digits
from connectors.core.run cimport RowSource, Rows
from connectors.postgres.core.rows cimport TupleSpans
from connectors.postgres.core.walk cimport Scanned, u32, u64

cdef unsigned long long _MOST, _ALL
cdef long long _EPOCH, _MICROS

cdef class TupleSource(RowSource):
    cdef readonly bytes before
    cdef readonly bytes sequence
    cdef readonly bytes middle
    cdef readonly bytes after
    cpdef write(self, Writer writer, unsigned long long at, Py_ssize_t number)

@cython.locals(signed=cython.longlong)
cdef block(Writer writer, unsigned long long at, bytes before, bytes sequence, bytes middle, bytes after)

cdef class SpanSource(RowSource):
    cdef bytes before
    cdef bytes sequence
    cdef bytes middle
    cdef bytes after
    cdef bytes head
    cdef bytes database
    cdef bytes names
    cdef list transactions
    cdef Py_ssize_t number
    cdef Writer scratch
    cpdef write(self, Writer writer, unsigned long long at, Py_ssize_t number)
    @cython.locals(entry=tuple, micros=cython.longlong, writer=Writer)
    cdef enter(self, Py_ssize_t number)

@cython.locals(i=cython.Py_ssize_t, j=cython.Py_ssize_t, done=cython.Py_ssize_t, size=cython.Py_ssize_t, mark=cython.Py_ssize_t, kind=cython.int,
               frame=bytes, commit=bytes, final=cython.ulonglong, end=cython.ulonglong, micros=cython.longlong, ended=cython.longlong)
cpdef Py_ssize_t walk(Scanned scanned, Py_ssize_t begin, Rows rows, unsigned long long oid, unsigned long long threshold, last, list transactions,
                      TupleSpans spans, TupleSpans old, list keys, bint by_key) except -1
@cython.locals(high=cython.ulonglong, micros=cython.ulonglong)
cdef long long signed_time(bytes frame, Py_ssize_t at) except? -2

@cython.locals(i=cython.Py_ssize_t, size=cython.Py_ssize_t, kind=cython.int, oid=cython.ulonglong, frame=bytes, tag=cython.int, new=cython.Py_ssize_t)
cpdef Py_ssize_t gather(Scanned scanned, Py_ssize_t begin, Rows rows, Py_ssize_t number, TupleSpans spans, TupleSpans old, list keys,
                        bint by_key) except -1
@cython.locals(new=cython.Py_ssize_t, place=cython.Py_ssize_t)
cdef Py_ssize_t same_key(bytes frame, TupleSpans spans, TupleSpans old, list keys) except? -2
@cython.locals(i=cython.Py_ssize_t, size=cython.Py_ssize_t, kind=cython.int, oid=cython.ulonglong)
cpdef Py_ssize_t pass_over(Scanned scanned, Py_ssize_t begin) except -1
