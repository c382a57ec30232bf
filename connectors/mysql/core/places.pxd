cimport cython
from schemas.core.writer cimport Writer
from connectors.core.run cimport RowSource

@cython.final
cdef class Places:
    cdef readonly bytes file
    cdef readonly Py_ssize_t count
    cdef readonly list gtids
    cdef long long[1024] pos
    cdef long long[1024] servers
    cdef long long[1024] times
    cdef long long[1024] transactions
    cdef long long[1024] befores
    cdef long long[1024] totals
    cdef long long[1024] begins
    cdef long long[1024] threads
    cdef long long[1024] commits
    @cython.locals(number=cython.Py_ssize_t)
    cpdef Py_ssize_t begin(self, long long pos, long long thread, long long commit, bytes gtid) except -1
    @cython.locals(number=cython.Py_ssize_t)
    cpdef Py_ssize_t add(self, long long pos, long long server, long long time, long long before) except -1
    cpdef end(self, Py_ssize_t number, long long total)
    cpdef truncate(self, Py_ssize_t events, Py_ssize_t transactions)
    cpdef tuple event(self, Py_ssize_t number)
    cpdef tuple transaction(self, Py_ssize_t number)

cdef class EventSource(RowSource):
    cdef readonly Places places
    cdef readonly bytes head
    cdef readonly bytes names
    cdef readonly bytes table
    cdef readonly Py_ssize_t at
    cdef readonly long long thread
    cdef readonly bytes before
    cdef readonly bytes after
    cdef Writer scratch
    cpdef write(self, Writer writer, unsigned long long at, Py_ssize_t number)
    @cython.locals(places=Places, out=Writer, time=cython.longlong, transaction=cython.Py_ssize_t, gtid=bytes, thread=cython.longlong)
    cpdef go(self, Py_ssize_t at)
