cimport cython
from libc.string cimport memcpy
from schemas.core.jsontext cimport character_size
from schemas.core.writer cimport Writer
from connectors.core.numbers cimport days_from_civil, floor_div, write_unscaled

cdef extern from "Python.h":
    double PyOS_string_to_double(const char* s, char** endptr, void* overflow) except? -1.0

cdef long long _NONE

cdef inline bint plain8(bytes buffer, Py_ssize_t at) noexcept:
    cdef unsigned long long word
    memcpy(&word, <const char*>buffer + at, 8)
    return (word & 0x8080808080808080ULL) == 0

cdef inline double text_double(bytes buffer, Py_ssize_t start, Py_ssize_t end) except? -1.0:
    cdef char[48] text
    cdef char* stop
    cdef double number
    if end - start > 40 or start >= end:
        raise ValueError("not a float")
    memcpy(text, <const char*>buffer + start, end - start)
    text[end - start] = 0
    number = PyOS_string_to_double(text, &stop, NULL)
    if stop != text + (end - start):
        raise ValueError("not a float")
    return number

@cython.locals(number=cython.longlong)
cpdef long long little(bytes buffer, Py_ssize_t start, Py_ssize_t size) except? -1
@cython.locals(unit=cython.longlong, i=cython.Py_ssize_t, top=cython.longlong)
cpdef long long signed_little(bytes buffer, Py_ssize_t start, Py_ssize_t size) except? -1
@cython.locals(number=cython.longlong, i=cython.Py_ssize_t)
cpdef long long big(bytes buffer, Py_ssize_t start, Py_ssize_t size) except? -1
@cython.locals(leap=cython.bint)
cpdef long long days_of(int year, int month, int day) except? -1
@cython.locals(size=cython.int, micros=cython.longlong)
cpdef long long fraction_micros(bytes buffer, Py_ssize_t start, int digits) except? -1
@cython.locals(packed=cython.longlong)
cpdef long long date_days(bytes buffer, Py_ssize_t start, Py_ssize_t end) except? -1
@cython.locals(packed=cython.longlong, months=cython.longlong, days=cython.longlong, hour=cython.longlong, minute=cython.longlong,
               second=cython.longlong, micros=cython.longlong)
cpdef long long datetime2_micros(bytes buffer, Py_ssize_t start, Py_ssize_t end, int digits) except? -1
@cython.locals(size=cython.int, bits=cython.int, packed=cython.longlong, middle=cython.longlong, negative=cython.bint, clock=cython.longlong,
               micros=cython.longlong, hour=cython.longlong, minute=cython.longlong, second=cython.longlong)
cpdef long long time2_micros(bytes buffer, Py_ssize_t start, Py_ssize_t end, int digits) except? -1
@cython.locals(seconds=cython.longlong, micros=cython.longlong, days=cython.int, clock=cython.int, doe=cython.int, era=cython.int,
               yoe=cython.int, doy=cython.int, mp=cython.int, month=cython.int, year=cython.int, size=cython.int)
cpdef bint write_timestamp2(bytes buffer, Py_ssize_t start, Py_ssize_t end, int digits, Writer writer) except -1
@cython.locals(unit=cython.longlong)
cdef _digits(long long number, int count, Writer writer)
@cython.locals(whole=cython.int, flip=cython.int, number=cython.longlong, at=cython.Py_ssize_t, left=cython.int, right=cython.int,
               digits=cython.int, size=cython.int, part=cython.longlong, byte=cython.int, unit=cython.longlong)
cpdef bint write_newdecimal(bytes buffer, Py_ssize_t start, Py_ssize_t end, int precision, int scale, Writer writer) except -1
@cython.locals(i=cython.Py_ssize_t, size=cython.Py_ssize_t)
cpdef bint valid_utf8(bytes buffer, Py_ssize_t start, Py_ssize_t end) except -1
cpdef bint write_float4(bytes buffer, Py_ssize_t start, Py_ssize_t end, Writer writer) except -1
@cython.locals(i=cython.Py_ssize_t, negative=cython.bint, number=cython.longlong, d=cython.int)
cpdef long long text_whole(bytes buffer, Py_ssize_t start, Py_ssize_t end) except? -1
@cython.locals(number=cython.longlong, d=cython.int)
cpdef long long text_number(bytes buffer, Py_ssize_t start, Py_ssize_t end) except? -1
@cython.locals(year=cython.longlong, month=cython.longlong, day=cython.longlong)
cpdef long long text_days(bytes buffer, Py_ssize_t start, Py_ssize_t end) except? -1
@cython.locals(colon=cython.Py_ssize_t, hour=cython.longlong, minute=cython.longlong, second=cython.longlong, micros=cython.longlong,
               at=cython.Py_ssize_t, digits=cython.Py_ssize_t)
cpdef long long text_clock(bytes buffer, Py_ssize_t start, Py_ssize_t end, int longest) except? -1
@cython.locals(days=cython.longlong, clock=cython.longlong)
cpdef long long text_datetime(bytes buffer, Py_ssize_t start, Py_ssize_t end) except? -1
@cython.locals(micros=cython.longlong)
cpdef long long text_time(bytes buffer, Py_ssize_t start, Py_ssize_t end) except? -1
@cython.locals(sent=cython.Py_ssize_t)
cpdef bint write_text_timestamp(bytes buffer, Py_ssize_t start, Py_ssize_t end, int digits, Writer writer) except -1
@cython.locals(number=cython.double)
cpdef bint write_text_float(bytes buffer, Py_ssize_t start, Py_ssize_t end, bint wide, Writer writer) except -1
cpdef long long millis(long long micros) except? -1
