cimport cython
from connectors.mysql.core.heads cimport EventHead

cdef long long _LATEST, _LAST_GNO

@cython.final
cdef class Announced:
    cdef object admits
    cdef bint mariadb
    cdef public bytes gtid
    cdef public long long time
    cdef readonly list executed
    cdef dict sources
    cdef bytes last_source
    cdef list last_entry
    cdef long long gno
    cdef bytes run_source
    cdef long long run_first
    cdef long long run_next
    cpdef begin(self)
    cdef bint announced(self, EventHead head) except -1
    @cython.locals(end=cython.Py_ssize_t, time=cython.longlong, gno=cython.longlong, high=cython.longlong, entry=list, packet=bytes, source=bytes, floor=cython.longlong)
    cdef bint mysql_announced(self, EventHead head) except -1
    @cython.locals(end=cython.Py_ssize_t, flags=cython.int, at=cython.Py_ssize_t, sequence=cython.longlong, high=cython.longlong, entry=list, packet=bytes, source=bytes)
    cdef bint maria_announced(self, EventHead head) except -1
    @cython.locals(same=cython.bint, entry=list, gtid=bytes)
    cdef execute(self, bint whole)
