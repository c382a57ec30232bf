cimport cython
from connectors.core.run cimport Rows
from connectors.mysql.core.announced cimport Announced
from connectors.mysql.core.heads cimport EventHead
from connectors.mysql.core.places cimport Places
from connectors.mysql.core.rows cimport ImageSpans, RowLayout

cdef Py_ssize_t _MOST, _WHOLE

@cython.final
cdef class Target:
    cdef readonly object table
    cdef readonly Py_ssize_t width
    cdef readonly RowLayout layout
    cdef readonly list keys
    cdef readonly bint captured

@cython.final
cdef class Walk:
    cdef object find
    cdef readonly EventHead head
    cdef readonly Announced gtids
    cdef readonly bint mariadb
    cdef bint skip_creates, skip_updates, skip_deletes, tombstones
    cdef readonly ImageSpans new
    cdef readonly ImageSpans old
    cdef readonly dict maps
    cdef public dict tables
    cdef public long long pos
    cdef public bint inside
    cdef public long long events
    cdef readonly Py_ssize_t taken
    cdef readonly Py_ssize_t walked
    cdef readonly Py_ssize_t records
    cdef readonly Py_ssize_t row_events
    cdef readonly Py_ssize_t last_row
    cdef readonly long long start
    cdef readonly long long server
    cdef readonly long long begun_time
    cdef readonly long long commit_time
    cdef readonly list pieces
    cdef Py_ssize_t try_records
    cdef Py_ssize_t first_row
    cpdef forget(self)
    @cython.locals(state=cython.int, whole=cython.bint, count=cython.Py_ssize_t, size=cython.Py_ssize_t, whole_bytes=cython.Py_ssize_t,
                   pos=cython.longlong, start=cython.longlong, end=cython.longlong, length=cython.Py_ssize_t, events=cython.longlong,
                   mark_pieces=cython.Py_ssize_t, mark_rows=cython.Py_ssize_t, mark_places=cython.Py_ssize_t, mark_gtids=cython.Py_ssize_t,
                   begun=cython.longlong, gtid_time=cython.longlong, row_events=cython.Py_ssize_t, kind=cython.int, marks=cython.bint, packet=bytes,
                   number=cython.Py_ssize_t, found=cython.Py_ssize_t, head=EventHead, gtids=Announced)
    cpdef walk(self, packets, Places places, Py_ssize_t limit, Py_ssize_t limit_bytes, bint checked)
    @cython.locals(kept=Rows, had=Rows, i=cython.Py_ssize_t)
    cdef undo(self, Py_ssize_t pieces, Py_ssize_t rows)
    @cython.locals(target=Target, body=bytes, head=EventHead)
    cdef bint table_map(self) except -1
    @cython.locals(end=cython.Py_ssize_t, at=cython.Py_ssize_t, op=cython.int, extra=cython.Py_ssize_t, width=cython.Py_ssize_t,
                   target=Target, layout=RowLayout, size=cython.Py_ssize_t, last=cython.int, images=cython.int, i=cython.Py_ssize_t,
                   into=Rows, new=ImageSpans, old=ImageSpans, count=cython.Py_ssize_t, cost=cython.Py_ssize_t, after=cython.Py_ssize_t,
                   middle=cython.Py_ssize_t, key=cython.Py_ssize_t, piece=tuple, head=EventHead)
    cdef Py_ssize_t rows(self, bytes packet, Py_ssize_t place, Py_ssize_t limit) except -2
