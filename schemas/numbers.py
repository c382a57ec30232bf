"""Connect's Decimal: an unscaled whole number in two's complement, big endian, shortest form (Java's BigInteger)."""

from __future__ import annotations

from decimal import Context, Decimal, Inexact

from schemas.model import Schema, SchemaError

__all__ = ["decimal_bytes", "decimal_of_bytes", "decimal_scale", "unscaled", "unscaled_bytes"]

# Wide enough for every PostgreSQL numeric (131072 digits before, 16383 after the point); never rounds.
_EXACT = Context(prec=200_000, Emax=999_999, Emin=-999_999, traps=[Inexact])


def unscaled_bytes(n: int) -> bytes:
    """The shortest two's complement, big endian, at least one byte."""
    return n.to_bytes(((n + 1 if n < 0 else n).bit_length() + 8) // 8, "big", signed=True)


def decimal_scale(schema: Schema) -> int:
    """The scale of a Decimal schema. Raises SchemaError when its parameter is missing or not a number."""
    found: int | None = schema._memo.get("scale")
    if found is None:
        try:
            found = schema._memo["scale"] = int(schema.parameters["scale"])
        except (KeyError, ValueError):
            raise SchemaError("a Decimal schema needs the parameter 'scale', a whole number") from None
    return found


def unscaled(value: Decimal, scale: int) -> int:
    """The whole number that is ``value`` × 10^``scale``. Raises SchemaError unless the value has exactly this scale."""
    exponent = value.as_tuple().exponent
    if exponent != -scale:
        if not isinstance(exponent, int):
            raise SchemaError("a Decimal cannot hold NaN or Infinity")
        raise SchemaError(f"the value has scale {-exponent}, its Decimal schema has {scale}")
    return int(value.scaleb(scale, _EXACT))


def decimal_bytes(schema: Schema, value: Decimal) -> bytes:
    """The bytes of a value under a Decimal schema. Raises SchemaError when the scale differs or it is not finite."""
    return unscaled_bytes(unscaled(value, decimal_scale(schema)))


def decimal_of_bytes(data: bytes, scale: int) -> Decimal:
    """The value of the unscaled bytes."""
    return Decimal(int.from_bytes(data, "big", signed=True)).scaleb(-scale, _EXACT)
