# cython: annotation_typing=False
"""Where the columns of one row are in the bytes that a server sent."""

__all__ = ["MAX_COLUMNS", "NULL", "SENT", "UNCHANGED", "Spans"]

MAX_COLUMNS = 4096
"""The most columns that a row of any database may have."""
_ZEROS = [0] * MAX_COLUMNS

NULL, UNCHANGED, SENT = 0, 1, 2
"""What is there of a column: a null, nothing because its value was not changed (or not sent), or bytes."""


class Spans:
    """Where the columns of one row are in ``buffer``. Reused from row to row; each family of databases parses its own form
    into ``kinds``, ``starts`` and ``ends``, of which the first ``count`` hold."""

    def __init__(self) -> None:
        self.buffer = b""
        self.count = 0
        self.kinds = list(_ZEROS)
        self.starts = list(_ZEROS)
        self.ends = list(_ZEROS)

    def read(self, buffer: bytes, offset: int) -> int:
        """Read the row at ``offset``; returns the offset after it. Each family's own, by what it was set up with. Raises
        ValueError
        when the row is damaged or not of that form."""
        raise NotImplementedError

    def release(self) -> None:
        """Let go of the buffer, which may be huge."""
        self.buffer = b""
        self.count = 0

    def kind(self, column: int) -> int:
        """NULL, UNCHANGED or SENT. Raises IndexError."""
        if column < 0 or column >= self.count:
            raise IndexError(column)
        return self.kinds[column]

    def start(self, column: int) -> int:
        """Where the bytes of a column that was sent begin in ``buffer``. Raises IndexError."""
        if column < 0 or column >= self.count or self.kinds[column] != 2:
            raise IndexError(column)
        return self.starts[column]

    def end(self, column: int) -> int:
        """Where they end. Raises IndexError."""
        if column < 0 or column >= self.count or self.kinds[column] != 2:
            raise IndexError(column)
        return self.ends[column]

    def raw(self, column: int) -> bytes | None:
        """The bytes of a column that was sent, None of another. Raises IndexError."""
        if column < 0 or column >= self.count:
            raise IndexError(column)
        if self.kinds[column] != 2:
            return None
        return self.buffer[self.starts[column]:self.ends[column]]

    def same(self, other: "Spans", column: int) -> bool:
        """Whether the column has the same bytes here and there, or is unchanged here. Raises IndexError."""
        a = self.kind(column)
        if a == 1:
            return True
        if a != other.kind(column):
            return False
        return a == 0 or self.raw(column) == other.raw(column)
