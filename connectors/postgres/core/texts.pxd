cimport cython

cdef long long _DAY
from connectors.core.numbers cimport days_from_civil

cdef int _bad(str what) except -1
@cython.locals(i=cython.Py_ssize_t, d=cython.int, year=cython.longlong, month=cython.int, day=cython.int)
cdef long long _days(bytes buf, Py_ssize_t start, Py_ssize_t end, bint bc) except? -1
cdef int _last_day(long long year, int month) except -1
@cython.locals(a=cython.int, b=cython.int)
cdef int _two(bytes buf, Py_ssize_t i) except -1
@cython.locals(hour=cython.longlong, minute=cython.int, second=cython.int, micros=cython.longlong, unit=cython.int, i=cython.Py_ssize_t, d=cython.int)
cdef long long _clock(bytes buf, Py_ssize_t start, Py_ssize_t end) except -1
@cython.locals(n=cython.Py_ssize_t, seconds=cython.longlong, micros=cython.longlong)
cdef long long _zone(bytes buf, Py_ssize_t start, Py_ssize_t end) except? -1
@cython.locals(i=cython.Py_ssize_t)
cdef Py_ssize_t _sign_at(bytes buf, Py_ssize_t start, Py_ssize_t end) except -1
cpdef long long date_days(bytes buf, Py_ssize_t start, Py_ssize_t end) except? -1
cpdef long long time_micros(bytes buf, Py_ssize_t start, Py_ssize_t end) except -1
@cython.locals(sign=cython.Py_ssize_t)
cpdef long long timetz_micros(bytes buf, Py_ssize_t start, Py_ssize_t end) except? -1
@cython.locals(bc=cython.bint, stop=cython.Py_ssize_t, space=cython.Py_ssize_t, sign=cython.Py_ssize_t, days=cython.longlong, micros=cython.longlong)
cpdef long long timestamp_micros(bytes buf, Py_ssize_t start, Py_ssize_t end) except? -1
@cython.locals(i=cython.Py_ssize_t, negative=cython.bint, n=cython.Py_ssize_t, number=cython.longlong, d=cython.int)
cpdef long long whole_number(bytes buf, Py_ssize_t start, Py_ssize_t end) except? -1
