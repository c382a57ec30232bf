cimport cython
from libc.string cimport memcpy
from schemas.core.writer cimport Writer
from connectors.core.numbers cimport floor_div, write_decimal_text
from connectors.core.plan cimport Plan
from connectors.core.spans cimport Spans
from connectors.postgres.core.texts cimport date_days, time_micros, timestamp_micros, whole_number

cdef int _INT, _BOOL, _TEXT, _FLOAT32, _FLOAT64, _MICROS, _MILLIS, _DAYS, _TIME_MICROS, _TIME_MILLIS, _ZONED, _DECIMAL
cdef int _NULL, _UNCHANGED, _SENT

cdef extern from "Python.h":
    double PyOS_string_to_double(const char* s, char** endptr, void* overflow) except? -1.0

cpdef double any_float(bytes text) except? -1.0

cdef inline double read_float(bytes buffer, Py_ssize_t start, Py_ssize_t end) except? -1.0:
    cdef char[48] text
    cdef char* stop
    cdef double number
    if 0 < end - start <= 40 and start >= 0 and end <= len(buffer):
        memcpy(text, <const char*>buffer + start, end - start)
        text[end - start] = 0
        try:
            # The server's "NaN" and "Infinity" are known to it too.
            number = PyOS_string_to_double(text, &stop, NULL)
            if stop == text + (end - start):
                return number
        except ValueError:
            pass
    return any_float(buffer[start:end])

cdef class RowSpans(Spans):
    cdef public Py_ssize_t width
    @cython.locals(end=cython.Py_ssize_t)
    cpdef Py_ssize_t read(self, bytes buffer, Py_ssize_t offset) except -1
    cpdef Py_ssize_t parse(self, bytes buffer, Py_ssize_t offset) except -1

cdef class TupleSpans(RowSpans):
    @cython.locals(size=cython.Py_ssize_t, n=cython.Py_ssize_t, at=cython.Py_ssize_t, i=cython.Py_ssize_t, kind=cython.int,
                   length=cython.longlong, b0=cython.longlong, b1=cython.longlong, b2=cython.longlong, b3=cython.longlong)
    cpdef Py_ssize_t parse(self, bytes buffer, Py_ssize_t offset) except -1

cdef class CopySpans(RowSpans):
    @cython.locals(size=cython.Py_ssize_t, at=cython.Py_ssize_t, start=cython.Py_ssize_t, i=cython.Py_ssize_t, null=cython.bint, c=cython.int)
    cpdef Py_ssize_t parse(self, bytes buffer, Py_ssize_t offset) except -1
    @cython.locals(size=cython.Py_ssize_t, at=cython.Py_ssize_t, begun=cython.Py_ssize_t, start=cython.Py_ssize_t, i=cython.Py_ssize_t,
                   c=cython.int, out=bytearray)
    cpdef Py_ssize_t undo(self, bytes buffer, Py_ssize_t offset) except -1

cdef int escaped(int c) noexcept

cdef class TuplePlan(Plan):
    @cython.locals(code=cython.int, buffer=bytes, number=cython.longlong, bound=cython.longlong)
    cpdef cell(self, Py_ssize_t i, Spans source, Py_ssize_t start, Py_ssize_t end, Writer writer)

@cython.locals(size=cython.Py_ssize_t, sent=cython.Py_ssize_t)
cdef bint write_zoned(bytes buffer, Py_ssize_t start, Py_ssize_t end, Py_ssize_t digits, Writer writer) except -1
