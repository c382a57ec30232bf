"""Mutations that know nothing of a format."""

from __future__ import annotations

import random

__all__ = ["LARGEST", "mutate", "mutate_cell"]

LARGEST = 1 << 16
"""Inputs do not grow beyond this."""
_BYTES = (0, 1, 2, 3, 4, 7, 8, 15, 16, 0x1F, 0x20, 0x30, 0x3A, 0x3F, 0x40, 0x7F, 0x80, 0x81, 0xBF, 0xC0, 0xF0, 0xF5, 0xFA,
          0xFB, 0xFC, 0xFD, 0xFE, 0xFF)
_NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0xFFFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF,
            0x7FFFFFFFFFFFFFFF, 0x8000000000000000, 0xFFFFFFFFFFFFFFFF)


def mutate(rng: random.Random, data: bytes, corpus: list[bytes]) -> bytes:
    """One to some changes of an input; parts may come from others of the corpus."""
    raw = bytearray(data)
    for _ in range(1 << min(4, int(rng.expovariate(0.9)))):
        _change(rng, raw, corpus)
    del raw[LARGEST:]
    return bytes(raw)


def _change(rng: random.Random, raw: bytearray, corpus: list[bytes]) -> None:
    size = len(raw)
    kind = rng.randrange(11) if size else 4
    at = rng.randrange(size) if size else 0
    if kind < 2:
        raw[at] ^= 1 << rng.randrange(8)
    elif kind == 2:
        raw[at] = rng.choice(_BYTES)
    elif kind == 3:
        raw[at] = rng.randrange(256)
    elif kind == 4:
        raw[at:at] = rng.randbytes(rng.choice((1, 1, 2, 4, 8, 16)))
    elif kind == 5:
        del raw[at:at + rng.choice((1, 1, 2, 4, 8, 64))]
    elif kind == 6:
        width = rng.choice((2, 3, 4, 8))
        number = rng.choice(_NUMBERS) if rng.random() < 0.7 else rng.randrange(1 << 32)
        raw[at:at + width] = (number & (1 << 8 * width) - 1).to_bytes(width, rng.choice(("little", "big")))
    elif kind == 7:
        other = rng.choice(corpus)
        start = rng.randrange(len(other) + 1)
        raw[at:at + rng.choice((0, 1, 8, 64))] = other[start:start + rng.choice((1, 4, 16, 64, 256))]
    elif kind == 8:
        raw[at:at] = raw[at:at + rng.choice((1, 2, 4, 16, 64))] * rng.choice((1, 1, 2, 8))
    elif kind == 9:
        raw[at] = (raw[at] + rng.choice((-1, 1))) & 0xFF
    elif rng.random() < 0.3:
        del raw[at:]


def mutate_cell(rng: random.Random, data: bytes, corpus: list[bytes], start: int) -> bytes:
    """Changes the text of one column of a PostgreSQL row, or of what looks like one, behind ``start``, and mends its length."""
    places = [i for i in range(start, len(data) - 4) if data[i] == 116 and data[i + 1:i + 3] == b"\0\0"]
    if not places:
        return mutate(rng, data, corpus)
    at = rng.choice(places)
    size = int.from_bytes(data[at + 1:at + 5], "big")
    text = mutate(rng, data[at + 5:at + 5 + size], corpus)[:2000]
    return data[:at + 1] + len(text).to_bytes(4, "big") + text + data[at + 5 + size:]
