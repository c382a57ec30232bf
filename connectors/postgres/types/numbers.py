"""Booleans, whole numbers, floats, numeric, money."""

from __future__ import annotations

import struct
from decimal import ROUND_HALF_UP, Context, Decimal, Inexact, InvalidOperation

from connectors.codec import Codec
from connectors.core.plan import CALL
from connectors.postgres.core.rows import BOOL, DECIMAL, FLOAT32, FLOAT64, INT, any_float
from connectors.postgres.core.texts import whole_number
from connectors.postgres.types.options import TypeOptions
from schemas import model
from schemas.model import Value, decimal_of
from schemas.numbers import unscaled_bytes
from schemas.semantic import variable_scale_decimal

__all__ = ["boolean", "float4", "float8", "money", "numeric", "numeric_typmod", "oid", "whole"]

_F = struct.Struct("<f")
_EXACT = Context(prec=200_000, Emax=999_999, Emin=-999_999, traps=[Inexact])
_ROUNDING = Context(prec=200_000, Emax=999_999, Emin=-999_999, rounding=ROUND_HALF_UP)
_MOST_DIGITS = 131_072
"""Of a numeric, on either side of its point."""
_SPECIAL = {"NaN": "NAN", "Infinity": "POSITIVE_INFINITY", "-Infinity": "NEGATIVE_INFINITY"}
_SCHEMAS = {2: model.INT16, 4: model.INT32, 8: model.INT64}


def boolean() -> Codec:
    """boolean; the text is ``t`` or ``f``, in defaults also ``true`` and ``false``."""
    return Codec(model.BOOLEAN, _boolean, False, BOOL, literal=True, computed=False)


def _boolean(raw: bytes) -> bool:
    if raw in (b"t", b"true"):
        return True
    if raw in (b"f", b"false"):
        return False
    raise ValueError("not a boolean as PostgreSQL writes it")


def whole(size: int) -> Codec:
    """int2, int4, int8 by their size in bytes."""
    bound = 1 << 8 * size - 1 if size < 8 else 0

    def read(raw: bytes) -> int:
        number: int = whole_number(raw, 0, len(raw))
        if bound and not -bound <= number < bound:
            raise ValueError("a whole number outside the range of its type")
        return number

    return Codec(_SCHEMAS[size], read, 0, INT, bound, literal=True, computed=0)


def oid() -> Codec:
    """oid: an unsigned 32-bit number."""
    return whole(8)


def float4() -> Codec:
    """real."""
    return Codec(model.FLOAT32, _float4, 0.0, FLOAT32, literal=True, computed=0.0)


def _float4(raw: bytes) -> float:
    try:
        rounded: float = _F.unpack(_F.pack(any_float(raw)))[0]
    except OverflowError:
        raise ValueError("a number outside the range of its type") from None
    return rounded


def float8() -> Codec:
    """double precision."""
    return Codec(model.FLOAT64, any_float, 0.0, FLOAT64, literal=True, computed=0.0)


def numeric_typmod(typmod: int) -> tuple[int, int] | None:
    """Precision and scale (negative since PostgreSQL 15), None without them."""
    if typmod < 4:
        return None
    return (typmod - 4) >> 16 & 0xFFFF, ((typmod - 4 & 0x7FF) ^ 1024) - 1024


def numeric(typmod: int, options: TypeOptions) -> Codec:
    """numeric and decimal in the three modes."""
    if options.decimal == "double":
        return Codec(model.FLOAT64, any_float, 0.0, FLOAT64, literal=True, computed=0.0)
    limits = numeric_typmod(typmod)
    if options.decimal == "string":
        return Codec(model.STRING, _plain, "0", literal=True, computed="0")
    if limits is None:
        zero = {"scale": 0, "value": b"\0"}
        return Codec(variable_scale_decimal(), _variable, zero, literal=True, computed=zero)
    precision, scale = limits
    unit = Decimal(1).scaleb(-scale, _EXACT)

    def read(raw: bytes) -> Decimal:
        number = _finite(raw)
        if number.as_tuple().exponent != -scale:
            number = number.quantize(unit, context=_ROUNDING)
        return number

    zero_decimal = Decimal(0).scaleb(-scale)
    fast = DECIMAL if 0 <= scale <= 18 else CALL
    return Codec(decimal_of(scale, precision), read, zero_decimal, fast, scale, literal=True, computed=zero_decimal)


def _finite(raw: bytes) -> Decimal:
    try:
        number = Decimal(raw.decode("ascii"))
    except InvalidOperation:
        raise ValueError("not a number as PostgreSQL writes it") from None
    if not number.is_finite():
        raise ValueError("NaN or an infinity, which decimal.handling.mode=precise cannot hold; use double or string")
    exponent = number.as_tuple().exponent
    # The server writes every digit. A text of a few bytes may not become a number of a million.
    if b"_" in raw or not isinstance(exponent, int) or not -_MOST_DIGITS <= exponent <= 0:
        raise ValueError("not a number as PostgreSQL writes it")
    return number


def _plain(raw: bytes) -> str:
    text = raw.decode("ascii")
    return _SPECIAL.get(text, text)


def _variable(raw: bytes) -> Value:
    number = _finite(raw)
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    unscaled = int("".join(map(str, digits)))
    while exponent < 0 and unscaled % 10 == 0:
        unscaled //= 10
        exponent += 1
    if exponent > 0:
        unscaled *= 10**exponent
        exponent = 0
    return {"scale": -exponent, "value": unscaled_bytes(-unscaled if sign else unscaled)}


def money(options: TypeOptions) -> Codec:
    """money as the C and English locales write it: ``-$1,234.56`` or ``($1,234.56)``."""
    unit = Decimal(1).scaleb(-options.money_digits)

    def read(raw: bytes) -> Decimal:
        text = raw.decode("utf-8")
        digits = "".join(c for c in text if c.isdecimal() or c == ".")
        if not digits or digits.count(".") > 1:
            raise ValueError("not an amount of money as the server writes it with lc_monetary=C")
        return Decimal(f"-{digits}" if "-" in text or "(" in text else digits).quantize(unit, context=_ROUNDING)

    if options.decimal == "double":
        return Codec(model.FLOAT64, lambda raw: float(read(raw)), 0.0)
    if options.decimal == "string":
        return Codec(model.STRING, lambda raw: f"{read(raw):f}", f"{Decimal(0) * unit:f}")
    return Codec(decimal_of(options.money_digits), read, Decimal(0).scaleb(-options.money_digits))
