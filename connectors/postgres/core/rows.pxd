cimport cython
from schemas.core.writer cimport Writer
from connectors.postgres.core.texts cimport date_days, time_micros, timestamp_micros, whole_number

cdef class Spans:
    cdef readonly bytes buffer
    cdef readonly Py_ssize_t count
    cdef unsigned char[1664] kinds
    cdef Py_ssize_t[1664] starts
    cdef Py_ssize_t[1664] ends
    @cython.locals(size=cython.Py_ssize_t, n=cython.Py_ssize_t, at=cython.Py_ssize_t, i=cython.Py_ssize_t, kind=cython.int,
                   length=cython.longlong, b0=cython.longlong, b1=cython.longlong, b2=cython.longlong, b3=cython.longlong)
    cpdef Py_ssize_t parse(self, bytes buffer, Py_ssize_t offset) except -1
    cpdef int kind(self, Py_ssize_t column) except -1
    cpdef bytes raw(self, Py_ssize_t column)
    cpdef bint same(self, Spans other, Py_ssize_t column) except -1

cdef class Plan:
    cdef readonly Py_ssize_t size
    cdef readonly list places
    cdef readonly list codes
    cdef readonly list bounds
    cdef readonly list befores
    cdef readonly list nulls
    cdef readonly list unchangeds
    cdef readonly list calls
    @cython.locals(i=cython.Py_ssize_t, place=cython.Py_ssize_t, source=Spans, kind=cython.int)
    cpdef write(self, Spans spans, Writer writer, Spans fallback)
    @cython.locals(code=cython.int, buffer=bytes, number=cython.longlong, bound=cython.longlong)
    cpdef cell(self, Py_ssize_t i, Spans source, Py_ssize_t start, Py_ssize_t end, Writer writer)

@cython.locals(size=cython.Py_ssize_t, sent=cython.Py_ssize_t)
cdef bint write_zoned(bytes buffer, Py_ssize_t start, Py_ssize_t end, Py_ssize_t digits, Writer writer) except -1
@cython.locals(i=cython.Py_ssize_t, negative=cython.bint, number=cython.longlong, digits=cython.int, fraction=cython.int,
               d=cython.int, size=cython.int)
cdef bint write_decimal(bytes buffer, Py_ssize_t start, Py_ssize_t end, int scale, Writer writer) except -1
@cython.locals(q=cython.longlong)
cpdef long long floor_div(long long a, long long b) except? -1
@cython.locals(end=cython.Py_ssize_t, count=cython.Py_ssize_t, start=cython.Py_ssize_t, stop=cython.Py_ssize_t, out=bytearray, part=bytes)
cpdef bytes tuple_of_copy(bytes line)
@cython.locals(i=cython.Py_ssize_t, n=cython.Py_ssize_t, c=cython.int, out=bytearray)
cpdef bytes unescape(bytes part)
