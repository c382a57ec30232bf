cimport cython
from connectors.core.run cimport Rows
from connectors.mysql.core.places cimport Places
from connectors.mysql.core.rows cimport ImageSpans, RowLayout

cdef long long _LATEST, _LAST_GNO
cdef Py_ssize_t _MOST, _WHOLE
cdef unsigned int[2048] TABLES

cdef inline unsigned int checksum(bytes data, Py_ssize_t size) noexcept:
    cdef const unsigned char* p = <const unsigned char*><const char*>data
    cdef const unsigned char* stop = p + size
    cdef unsigned int c = 0xFFFFFFFF
    while stop - p >= 8:
        c ^= p[0] | (<unsigned int>p[1] << 8) | (<unsigned int>p[2] << 16) | (<unsigned int>p[3] << 24)
        c = (TABLES[1792 + (c & 255)] ^ TABLES[1536 + ((c >> 8) & 255)] ^ TABLES[1280 + ((c >> 16) & 255)] ^ TABLES[1024 + (c >> 24)]
             ^ TABLES[768 + p[4]] ^ TABLES[512 + p[5]] ^ TABLES[256 + p[6]] ^ TABLES[p[7]])
        p += 8
    while p < stop:
        c = TABLES[(c ^ p[0]) & 255] ^ (c >> 8)
        p += 1
    return c ^ 0xFFFFFFFF

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
    cdef object admits
    cdef readonly bint mariadb
    cdef bint skip_creates, skip_updates, skip_deletes, tombstones
    cdef readonly ImageSpans new
    cdef readonly ImageSpans old
    cdef readonly dict maps
    cdef public dict tables
    cdef dict sources
    cdef public long long pos
    cdef public bint inside
    cdef public long long events
    cdef public bytes gtid
    cdef public long long gtid_time
    cdef readonly Py_ssize_t taken
    cdef readonly Py_ssize_t walked
    cdef readonly Py_ssize_t records
    cdef readonly Py_ssize_t row_events
    cdef readonly Py_ssize_t last_row
    cdef readonly long long start
    cdef readonly long long server
    cdef readonly long long begun_time
    cdef readonly long long commit_time
    cdef readonly list executed
    cdef readonly list pieces
    cdef bytes packet
    cdef int kind
    cdef Py_ssize_t end
    cdef long long header_time
    cdef long long header_server
    cdef Py_ssize_t try_records
    cdef Py_ssize_t first_row
    cdef bytes last_source
    cdef list last_entry
    cdef long long gno
    cdef bytes run_source
    cdef long long run_first
    cdef long long run_next
    cpdef forget(self)
    @cython.locals(state=cython.int, whole=cython.bint, count=cython.Py_ssize_t, size=cython.Py_ssize_t, whole_bytes=cython.Py_ssize_t,
                   pos=cython.longlong, start=cython.longlong, end=cython.longlong, length=cython.Py_ssize_t, events=cython.longlong,
                   mark_pieces=cython.Py_ssize_t, mark_rows=cython.Py_ssize_t, mark_places=cython.Py_ssize_t, mark_gtids=cython.Py_ssize_t,
                   begun=cython.longlong, gtid_time=cython.longlong, row_events=cython.Py_ssize_t, kind=cython.int, marks=cython.bint, packet=bytes,
                   number=cython.Py_ssize_t, found=cython.Py_ssize_t)
    cpdef walk(self, packets, Places places, Py_ssize_t limit, Py_ssize_t limit_bytes, bint checked)
    @cython.locals(kept=Rows, had=Rows, i=cython.Py_ssize_t)
    cdef undo(self, Py_ssize_t pieces, Py_ssize_t rows)
    @cython.locals(size=cython.Py_ssize_t)
    cdef bint head(self, bytes packet, bint checked) except -1
    @cython.locals(value=cython.longlong, packet=bytes, i=cython.Py_ssize_t)
    cdef Py_ssize_t number(self, Py_ssize_t at, int width) except? -1
    cdef bint announced(self) except -1
    @cython.locals(end=cython.Py_ssize_t, time=cython.longlong, gno=cython.longlong, high=cython.longlong, entry=list, packet=bytes, source=bytes, floor=cython.longlong)
    cdef bint mysql_announced(self) except -1
    @cython.locals(end=cython.Py_ssize_t, flags=cython.int, at=cython.Py_ssize_t, sequence=cython.longlong, high=cython.longlong, entry=list, packet=bytes, source=bytes)
    cdef bint maria_announced(self) except -1
    @cython.locals(same=cython.bint, entry=list, gtid=bytes)
    cdef execute(self, bint whole)
    @cython.locals(end=cython.Py_ssize_t, at=cython.Py_ssize_t, name_end=cython.Py_ssize_t, packet=bytes)
    cdef bint statement(self, bytes text) except -1
    @cython.locals(target=Target, body=bytes)
    cdef bint table_map(self) except -1
    @cython.locals(end=cython.Py_ssize_t, at=cython.Py_ssize_t, op=cython.int, extra=cython.Py_ssize_t, width=cython.Py_ssize_t,
                   target=Target, layout=RowLayout, size=cython.Py_ssize_t, last=cython.int, images=cython.int, i=cython.Py_ssize_t,
                   into=Rows, new=ImageSpans, old=ImageSpans, count=cython.Py_ssize_t, cost=cython.Py_ssize_t, after=cython.Py_ssize_t,
                   middle=cython.Py_ssize_t, key=cython.Py_ssize_t, piece=tuple)
    cdef Py_ssize_t rows(self, bytes packet, Py_ssize_t place, Py_ssize_t limit) except -2
