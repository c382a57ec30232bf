cimport cython

@cython.locals(frame=bytes, first=cython.int, kind=cython.int, oid=cython.ulonglong, end=cython.ulonglong, newest=cython.ulonglong)
cpdef unsigned long long scan(frames, list out) except? 0xFFFFFFFFFFFFFFFF
@cython.locals(a=cython.ulonglong, b=cython.ulonglong, c=cython.ulonglong, d=cython.ulonglong)
cpdef unsigned long long u32(bytes buf, Py_ssize_t offset) except? 0xFFFFFFFFFFFFFFFF
@cython.locals(high=cython.ulonglong, low=cython.ulonglong)
cpdef unsigned long long u64(bytes buf, Py_ssize_t offset) except? 0xFFFFFFFFFFFFFFFF
