"""Column masks: asterisks, truncation, hashes, of character columns' values (never of a record's key).

Facts: Debezium's ``column.mask.*`` and ``column.truncate.*``. A fixed mask replaces null too; a hash leaves null. Hash
version 1 digests Java's serialised form of the String, version 2 its plain UTF-8. A mask always wins over type
propagation (in Debezium propagation switches the hash off, which shows the clear text).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from connectors.selection import Patterns

__all__ = ["Mask", "Masks", "java_serialised"]

_FIXED = re.compile(r"column\.mask\.with\.(.+)\.chars")
_CUT = re.compile(r"column\.truncate\.to\.(.+)\.chars")
_HASH = re.compile(r"column\.mask\.hash\.(v2\.)?(.+?)\.with\.salt\.(.+)")


def java_serialised(text: str) -> bytes:
    """A String as ``java.io.ObjectOutputStream`` writes it, without the stream's four first bytes."""
    out = bytearray()
    units = text.encode("utf-16-be", "surrogatepass")
    for i in range(0, len(units), 2):
        u = units[i] << 8 | units[i + 1]
        if 0 < u < 0x80:
            out.append(u)
        elif u < 0x800:
            out += bytes((0xC0 | u >> 6, 0x80 | u & 0x3F))
        else:
            out += bytes((0xE0 | u >> 12, 0x80 | u >> 6 & 0x3F, 0x80 | u & 0x3F))
    head = b"\x74" + len(out).to_bytes(2, "big") if len(out) <= 0xFFFF else b"\x7c" + len(out).to_bytes(8, "big")
    return b"\xac\xed\x00\x05" + head + bytes(out)


@dataclass(frozen=True, slots=True)
class Mask:
    """One rule. ``kind``: fixed, truncate, hash or hash_v2; ``length`` in characters; ``algorithm`` as hashlib names it."""

    kind: str
    columns: Patterns
    length: int = 0
    algorithm: str = ""
    salt: str = ""

    def parameters(self) -> Mapping[str, str]:
        """What the column's schema says of it."""
        return {"truncateLength": str(self.length)} if self.kind == "truncate" else {"masked": "true"}

    def apply(self, value: str | None, column_length: int | None = None) -> str | None:
        """The masked value; a hash is cut to the column's length."""
        if self.kind == "fixed":
            return "*" * self.length
        if value is None or self.kind == "truncate":
            return value if value is None else value[: self.length]
        digest = hashlib.new(self.algorithm, self.salt.encode())
        digest.update(value.encode() if self.kind == "hash_v2" else java_serialised(value))
        return digest.hexdigest()[:column_length] if column_length else digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Masks:
    """All rules of a connector."""

    rules: tuple[Mask, ...] = ()

    @staticmethod
    def recognises(key: str) -> bool:
        """Whether a property of that name is a mask."""
        return any(p.fullmatch(key) for p in (_FIXED, _CUT, _HASH))

    @classmethod
    def read(cls, props: Mapping[str, str | None]) -> tuple[Masks, dict[str, list[str]]]:
        """The rules among the properties, and error messages by key."""
        rules: list[Mask] = []
        errors: dict[str, list[str]] = {}
        for key, text in props.items():
            if text is None or not cls.recognises(key):
                continue
            try:
                rules.append(_rule(key, text))
            except ValueError as e:
                errors[key] = [f"Invalid value {text} for configuration {key}: {e}"]
        return cls(tuple(rules)), errors

    def of(self, names: Iterable[str]) -> Mask | None:
        """The rule for a column by one of its qualified names. A fixed mask wins, then truncation, then a hash."""
        wanted = list(names)
        found = [r for r in self.rules if any(r.columns.match(n) for n in wanted)]
        order = ("fixed", "truncate", "hash", "hash_v2")
        return min(found, key=lambda r: order.index(r.kind), default=None)


def _rule(key: str, text: str) -> Mask:
    columns = Patterns.parse(text)
    if m := _FIXED.fullmatch(key):
        return Mask("fixed", columns, _length(m[1], 0))
    if m := _CUT.fullmatch(key):
        return Mask("truncate", columns, _length(m[1], 1))
    m = _HASH.fullmatch(key)
    assert m is not None
    name = m[2].lower().replace("sha-", "sha").replace("sha3-", "sha3_")
    if name == "sha":
        name = "sha1"
    if name not in hashlib.algorithms_available or name.startswith("shake"):
        raise ValueError(f"no hash algorithm {m[2]!r}; for example SHA-256")
    return Mask("hash_v2" if m[1] else "hash", columns, 0, name, m[3])


def _length(text: str, least: int) -> int:
    if not text.isdecimal() or int(text) < least:
        raise ValueError(f"the number of characters in the key must be at least {least}, not {text!r}")
    return int(text)
