"""The compiled column codecs by number: what a :class:`connectors.codec.Codec` of MySQL names in ``fast`` and ``bound``.

Every fast codec writes the same bytes as Avro of the codec's ``read``; one that meets a value it does not know leaves it to
the general one. Numbers below 32 read the binary log's form, those from 32 the text of the text protocol.
"""

from connectors.core.plan import CALL

__all__ = [
    "CALL", "DATETIME2_MICROS", "DATETIME2_MILLIS", "DAYS", "DECIMAL", "DOUBLE", "FLOAT", "INT", "JSON", "RAW",
    "TEXT_DATETIME_MICROS", "TEXT_DATETIME_MILLIS", "TEXT_DAYS", "TEXT_DECIMAL", "TEXT_DOUBLE", "TEXT_FLOAT", "TEXT_INT",
    "TEXT_TIME_MICROS", "TEXT_ZONED", "TIME2_MICROS", "UINT", "UTF8", "YEAR", "ZONED",
]

INT = 1
"""Signed little-endian integer of the span's length → Avro int or long."""
UINT = 2
"""The same, unsigned; eight bytes wrap into a signed long."""
FLOAT = 3
DOUBLE = 4
UTF8 = 5
"""Bytes that are already right as Avro string (utf8mb4, utf8mb3, ascii); checked to be UTF-8."""
RAW = 6
"""Bytes as Avro bytes, as they are."""
DAYS = 7
"""DATE (3 bytes) → days since 1970. A zero or impossible date is left to the general codec."""
DATETIME2_MICROS = 8
"""DATETIME2, ``bound`` fraction digits → microseconds since 1970."""
DATETIME2_MILLIS = 9
ZONED = 10
"""TIMESTAMP2, ``bound`` fraction digits → ISO text in UTC with that many digits. Zero is left to the general codec."""
TIME2_MICROS = 11
"""TIME2, ``bound`` fraction digits → microseconds."""
DECIMAL = 12
"""``bound`` = precision * 256 + scale → unscaled two's complement, as short as it goes; up to 18 digits, else left."""
YEAR = 13
JSON = 14
"""Binary JSON → its text. Values of SQL types inside it are left to the general codec."""

TEXT_INT = 32
"""Decimal text → int or long; an unsigned one from 2^63 wraps."""
TEXT_FLOAT = 33
TEXT_DOUBLE = 34
TEXT_DAYS = 37
TEXT_DATETIME_MICROS = 38
TEXT_DATETIME_MILLIS = 39
TEXT_ZONED = 40
TEXT_TIME_MICROS = 41
TEXT_DECIMAL = 42
"""``bound`` = scale."""
