# cython: annotation_typing=False
"""Replication frames and pgoutput's row messages: where things are, nothing more.

A frame is the payload of one CopyData message. Lengths that came off the wire are checked before they are used.
"""


from array import array

TRUNCATED = "a replication message ends too early"

_KEEPALIVE, _FRAMES = 107, 64


class Scanned:
    """Frames, and what :meth:`scan` found in them: numbers of C, not objects of Python, so that a row costs none.

    Used again and again; between two scans :meth:`release` it, since frames may be huge."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.count = 0
        self._room(_FRAMES)

    def _room(self, frames: int) -> None:
        self.kinds = array("B", bytes(frames))
        self.oids = array("Q", bytes(8 * frames))
        self.lsns = array("Q", bytes(8 * frames))
        self.ends = array("Q", bytes(8 * frames))

    def __len__(self) -> int:
        return self.count

    def scan(self, frames: list[bytes]) -> int:
        """Look at frames, instead of those before; the greatest ``wal_end``. Raises ValueError on a frame that is neither
        XLogData nor a keepalive, or is too short; then none counts."""
        count = len(frames)
        if count > len(self.kinds):
            self._room(max(count, 2 * len(self.kinds)))
        kinds, oids, lsns, ends = self.kinds, self.oids, self.lsns, self.ends
        self.count = 0
        self.frames = frames
        newest = 0
        i = 0
        while i < count:
            frame = frames[i]
            size = len(frame)
            if size < 1:
                raise ValueError("an empty replication frame")
            first = frame[0]
            oid = 0
            lsn = 0
            if first == 119:
                if size < 26:
                    raise ValueError(f"{TRUNCATED}: {size} bytes of an XLogData frame")
                kind = frame[25]
                if kind == 73 or kind == 85 or kind == 68:
                    if size < 31:
                        raise ValueError(f"{TRUNCATED}: {size} bytes of a row message")
                    oid = u32(frame, 26)
                lsn = u64(frame, 1)
                end = u64(frame, 9)
            elif first == _KEEPALIVE:
                if size < 18:
                    raise ValueError(f"{TRUNCATED}: {size} bytes of a keepalive")
                kind = first
                end = u64(frame, 1)
                if frame[17]:
                    oid = 1
            else:
                raise ValueError(f"a replication frame begins with {chr(first)!r}, expected 'w' or 'k'")
            kinds[i] = kind
            oids[i] = oid
            lsns[i] = lsn
            ends[i] = end
            if end > newest:
                newest = end
            i += 1
        self.count = count
        return newest

    def release(self) -> None:
        """Let go of the frames."""
        self.frames = []
        self.count = 0

    def kind(self, i: int) -> int:
        """The letter of a frame's pgoutput message as a number, or 107 (``k``) for a keepalive. Raises IndexError."""
        self._check(i)
        return self.kinds[i]

    def oid(self, i: int) -> int:
        """The relation of I, U and D messages; 1 of a keepalive that asks for a reply; else 0. Raises IndexError."""
        self._check(i)
        return self.oids[i]

    def lsn(self, i: int) -> int:
        """Where the message's WAL begins; 0 of a keepalive. Raises IndexError."""
        self._check(i)
        return self.lsns[i]

    def end(self, i: int) -> int:
        """How far the server's WAL reached when it sent the frame. Raises IndexError."""
        self._check(i)
        return self.ends[i]

    def frame(self, i: int) -> bytes:
        """The frame. Raises IndexError."""
        self._check(i)
        return self.frames[i]

    def _check(self, i: int) -> None:
        if i < 0 or i >= self.count:
            raise IndexError(i)


def u32(buf: bytes, offset: int) -> int:
    """Four bytes, big endian. Raises ValueError naming the offset."""
    if offset < 0 or offset + 4 > len(buf):
        raise ValueError(f"{TRUNCATED}: at byte {offset}")
    a = buf[offset]
    b = buf[offset + 1]
    c = buf[offset + 2]
    d = buf[offset + 3]
    return (a << 24) | (b << 16) | (c << 8) | d


def u64(buf: bytes, offset: int) -> int:
    """Eight bytes, big endian."""
    high = u32(buf, offset)
    low = u32(buf, offset + 4)
    return (high << 32) | low
