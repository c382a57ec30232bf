cimport cython
from schemas.core.writer cimport Writer
from connectors.core.numbers cimport write_decimal_text
from connectors.core.plan cimport Plan
from connectors.core.spans cimport Spans
from connectors.mysql.core.document cimport write_document
from connectors.mysql.core.values cimport (
    date_days, datetime2_micros, little, millis, signed_little, text_datetime, text_days, text_time, text_whole, time2_micros, valid_utf8,
    write_float4, write_newdecimal, write_text_float, write_text_timestamp, write_timestamp2)

cdef int _INT, _UINT, _FLOAT, _DOUBLE, _UTF8, _RAW, _DAYS, _DATETIME2_MICROS, _DATETIME2_MILLIS, _ZONED, _TIME2_MICROS, _DECIMAL, _YEAR, _JSON
cdef int _TEXT_INT, _TEXT_FLOAT, _TEXT_DOUBLE, _TEXT_DAYS, _TEXT_DATETIME_MICROS, _TEXT_DATETIME_MILLIS, _TEXT_ZONED, _TEXT_TIME_MICROS
cdef int _TEXT_DECIMAL
cdef long long _NONE

cdef class RowLayout:
    cdef readonly Py_ssize_t count
    cdef readonly bytes forms
    cdef readonly bytes everything

cdef class ImageSpans(Spans):
    cdef public RowLayout layout
    cdef public bytes present
    cpdef Py_ssize_t read(self, bytes buffer, Py_ssize_t offset) except -1
    @cython.locals(size=cython.Py_ssize_t, count=cython.Py_ssize_t, forms=bytes, some=cython.bint, bits=cython.Py_ssize_t, i=cython.Py_ssize_t,
                   at=cython.Py_ssize_t, bit=cython.Py_ssize_t, form=cython.int, length=cython.longlong)
    cpdef Py_ssize_t parse(self, bytes buffer, Py_ssize_t offset, RowLayout layout, bytes present) except -1

cdef class TextSpans(Spans):
    cdef public Py_ssize_t width
    @cython.locals(end=cython.Py_ssize_t)
    cpdef Py_ssize_t read(self, bytes buffer, Py_ssize_t offset) except -1
    @cython.locals(size=cython.Py_ssize_t, at=cython.Py_ssize_t, i=cython.Py_ssize_t, length=cython.longlong, width=cython.int)
    cpdef Py_ssize_t parse(self, bytes buffer, Py_ssize_t offset, Py_ssize_t count) except -1

cdef class RowPlan(Plan):
    cdef Writer scratch
    cpdef cell(self, Py_ssize_t i, Spans source, Py_ssize_t start, Py_ssize_t end, Writer writer)
    @cython.locals(code=cython.int, bound=cython.int, number=cython.longlong)
    cpdef bint fast(self, Py_ssize_t i, bytes buffer, Py_ssize_t start, Py_ssize_t end, Writer writer) except -1
    @cython.locals(text=Writer)
    cdef bint document(self, bytes buffer, Py_ssize_t start, Py_ssize_t end, Writer writer) except -1
