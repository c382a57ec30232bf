cimport cython
from schemas.core.writer cimport Writer

cdef inline unsigned int hashed(const unsigned char* at, Py_ssize_t left) noexcept nogil:
    cdef unsigned int k, h = 0x9747B28CU ^ <unsigned int>left
    while left >= 4:
        k = at[0] | at[1] << 8 | at[2] << 16 | (<unsigned int>at[3]) << 24
        k *= 0x5BD1E995
        k ^= k >> 24
        h = (h * 0x5BD1E995) ^ (k * 0x5BD1E995)
        at += 4
        left -= 4
    if left:
        if left == 3:
            h ^= at[2] << 16
        if left >= 2:
            h ^= at[1] << 8
        h ^= at[0]
        h *= 0x5BD1E995
    h ^= h >> 13
    h *= 0x5BD1E995
    return h ^ (h >> 15)

cdef inline unsigned int murmur2(bytes data) noexcept:
    return hashed(<const unsigned char*><const char*>data, len(data))

cdef inline unsigned int murmur2_part(Writer writer, Py_ssize_t size) noexcept:
    return hashed(<const unsigned char*><char*>writer.space, size)

cdef inline int varint_size(long long value) noexcept:
    cdef unsigned long long n = (<unsigned long long>value << 1) ^ <unsigned long long>(value >> 63)
    cdef int size = 1
    while n > 0x7F:
        size += 1
        n >>= 7
    return size

cdef Py_ssize_t _FRAME, _BATCH

@cython.final
cdef class Sealed:
    cdef readonly str topic
    cdef readonly int partition
    cdef readonly bytes records
    cdef readonly int count
    cdef readonly long long first_ms
    cdef readonly long long last_ms
    cdef readonly Py_ssize_t charge
    cdef readonly list owners
    cdef readonly list counts

@cython.final
cdef class Open:
    cdef readonly str topic
    cdef readonly int partition
    cdef readonly double since
    cdef Writer writer
    cdef readonly int count
    cdef long long first_ms
    cdef long long last_ms
    cdef Py_ssize_t charge
    cdef object owner
    cdef int owned
    cdef list owners
    cdef list counts
    cpdef change(self, owner)
    cpdef Py_ssize_t size(self)
    cpdef Sealed seal(self)

@cython.final
cdef class Sink:
    cdef readonly str topic
    cdef readonly list opens
    cdef Py_ssize_t turn

@cython.final
cdef class Accumulator:
    cdef public Py_ssize_t batch_size
    cdef public Py_ssize_t most_bytes
    cdef public Py_ssize_t most_records
    cdef public Py_ssize_t largest
    cdef readonly Py_ssize_t bytes
    cdef readonly Py_ssize_t records
    cdef readonly int why
    cdef readonly Py_ssize_t taken_bytes
    cdef readonly dict sinks
    cdef object sealed
    cdef object touched
    cdef object _headers
    cdef bytes _header_bytes
    cdef Writer _scratch
    @cython.locals(i=cython.Py_ssize_t, size=cython.Py_ssize_t, body=cython.Py_ssize_t, count=cython.Py_ssize_t, partition=cython.Py_ssize_t, stamp=cython.longlong,
                   key=bytes, value=bytes, header=bytes, topic=str, last=str, sink=Sink, open=Open, writer=Writer)
    cpdef Py_ssize_t extend(self, list records, Py_ssize_t begin, owner, long long now_ms, double now) except -1
    @cython.locals(writer=Writer, data=bytes)
    cdef bytes header(self, headers)
    cdef Py_ssize_t sized(self, Py_ssize_t body, bytes header) except -2
    cdef bint crowded(self, Py_ssize_t size) except -1
    cdef int room(self, Sink sink, Open open, Py_ssize_t size, bint keyed, long long stamp, double now) except -1
    @cython.locals(body=cython.Py_ssize_t, since=cython.longlong, writer=Writer)
    cdef int lead(self, Open open, Py_ssize_t key, Py_ssize_t value, bytes header, long long stamp) except -1
    cdef int own(self, Open open, Py_ssize_t size, Py_ssize_t body, bytes header, owner) except -1
    cpdef seal(self, Open open)
    cpdef give_back(self, Py_ssize_t records, Py_ssize_t charge)
