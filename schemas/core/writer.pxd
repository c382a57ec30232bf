cdef class Writer:
    cdef readonly bytearray buffer
    cpdef Py_ssize_t size(self)
    cpdef truncate(self, Py_ssize_t size)
    cpdef bytes take(self)
    cpdef write_raw(self, data)
    cpdef write_boolean(self, bint value)
    cpdef write_long(self, value)
    cpdef write_float(self, double value)
    cpdef write_double(self, double value)
    cpdef write_bytes(self, data)
    cpdef write_string(self, str text)
