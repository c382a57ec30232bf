cimport cython
from schemas.core.writer cimport Writer

@cython.locals(y=cython.longlong, era=cython.longlong, yoe=cython.longlong, mp=cython.longlong, doy=cython.longlong, doe=cython.longlong)
cpdef long long days_from_civil(long long year, int month, int day) except? -1
cpdef long long floor_div(long long a, long long b) except? -1
@cython.locals(size=cython.int)
cpdef write_unscaled(long long number, Writer writer)
@cython.locals(i=cython.Py_ssize_t, negative=cython.bint, number=cython.longlong, digits=cython.int, fraction=cython.int,
               d=cython.int)
cpdef bint write_decimal_text(bytes buffer, Py_ssize_t start, Py_ssize_t end, int scale, Writer writer) except -1
@cython.locals(count=cython.int)
cpdef int count_digits(unsigned long long number) except -1
@cython.locals(unit=cython.ulonglong, left=cython.int)
cpdef write_digits(unsigned long long number, Writer writer)
