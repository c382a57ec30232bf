"""SQL expressions of values at the edges, by the definition of their column; MySQL's and MariaDB's own apart."""

from __future__ import annotations

__all__ = ["COLUMNS", "MARIADB", "MYSQL"]


def _quoted(*texts: str) -> list[str]:
    return [f"'{text}'" for text in texts]


_TIMES = _quoted(
    "13:14:15.123456", "00:00:00", "-838:59:59", "838:59:59", "-00:00:00.100000", "-01:02:03.456789", "24:00:00",
    "-00:00:00.000001", "-00:00:01")
_MOMENTS = _quoted(
    "2026-02-28 13:14:15.123456", "1969-12-31 23:59:59.999999", "1000-01-01", "9999-12-31 23:59:59", "1582-10-10",
    "0001-01-01 00:00:00.000001", "0000-00-00", "2010-00-01 01:02:03", "2010-01-00", "0000-01-01", "0069-02-28", "0070-01-01",
    "0099-12-31", "0100-01-01", "2000-02-29", "1900-02-28")
_STAMPS = _quoted(
    "1970-01-01 00:00:01", "2038-01-19 03:14:07", "2001-09-09 01:46:40.000001", "1999-12-31 23:59:59.5", "0000-00-00",
    "2024-02-29 00:00:00.9", "2024-12-31 23:59:59.123456")
_TEXTS = _quoted("", "abc  ", "  x", "naïve é ÿ € ž", "tab\\tnl\\n\\\\ \\'q\\' \\0")
_BYTES = ["''", "x'00'", "x'0100'", "x'010000'", "x'ff'", "x'00ff0000'", "'ab'"]

COLUMNS: dict[str, list[str]] = {
    "TINYINT": ["-128", "127", "0", "-1"],
    "TINYINT UNSIGNED": ["0", "255", "128"],
    "TINYINT(1)": ["1", "0", "-3", "127"],
    "TINYINT(4) ZEROFILL": ["7", "255"],
    "SMALLINT": ["-32768", "32767"],
    "SMALLINT UNSIGNED": ["65535", "32768"],
    "MEDIUMINT": ["-8388608", "8388607", "-1"],
    "MEDIUMINT UNSIGNED": ["16777215", "8388608"],
    "INT": ["-2147483648", "2147483647", "-1"],
    "INT(30) UNSIGNED ZEROFILL": ["4294967295", "42"],
    "BIGINT": ["-9223372036854775808", "9223372036854775807", "-1"],
    "BIGINT UNSIGNED": ["18446744073709551615", "9223372036854775808", "9223372036854775807", "0"],
    "BIT(1)": ["b'1'", "b'0'"],
    "BIT(7)": ["64", "1"],
    "BIT(9)": ["257", "1"],
    "BIT(64)": ["9223372036854775809", "256"],
    "YEAR": ["1901", "2155", "0", "70", "69", "'0'"],
    "FLOAT": ["0.1", "3.402823466e38", "-1.17549435e-38", "16777217", "1e-45", "-0e0", "1/3"],
    "FLOAT(10,2)": ["12345678.91", "-0.01", "100", "1.005"],
    "FLOAT(30)": ["0.1", "1e300"],
    "DOUBLE": ["1.7976931348623157e308", "4.9406564584124654e-324", "0.1", "-0e0", "1e15", "123456789.987654321", "1e-7"],
    "DOUBLE(12,3)": ["123456789.123", "-0.001", "1000", "0.0005"],
    "REAL": ["0.1", "1e100"],
    "DECIMAL(10,0)": ["1234567890", "-99999", "0"],
    "DECIMAL(5,5)": ["0.12345", "-0.00001"],
    "DECIMAL(18,18)": ["0.123456789012345678", "-0.999999999999999999"],
    "DECIMAL(19,1)": ["-123456789012345678.9", "0.1"],
    "DECIMAL(65,30)": ["-12345678901234567890123456789012345.123456789012345678901234567891", "1e-30", "0"],
    "DECIMAL(9,2)": ["-1234567.89", "0.01", "1e6"],
    "DECIMAL(8,3) UNSIGNED ZEROFILL": ["12.5", "0"],
    "DECIMAL(12,4)": ["-99999999.9999"],
    "DATE": _MOMENTS,
    **{f"TIME({n})": _TIMES for n in range(7)},
    **{f"DATETIME({n})": _MOMENTS for n in range(7)},
    **{f"TIMESTAMP({n}) NULL": _STAMPS for n in range(7)},
    "CHAR(30) CHARACTER SET utf8mb4": [*_TEXTS, "'😀 日本'"],
    "VARCHAR(300) CHARACTER SET utf8mb4": [*_TEXTS, "REPEAT('ж', 200)"],
    "VARCHAR(50) CHARACTER SET utf8mb3": ["'zażółć'"],
    "CHAR(50) CHARACTER SET latin1": _TEXTS,
    "VARCHAR(50) CHARACTER SET ascii": ["'plain'", "''"],
    "TEXT CHARACTER SET ucs2": ["'Ω日'", "''"],
    "CHAR(10) CHARACTER SET utf16": ["'😀x'", "''", "'a '"],
    "VARCHAR(10) CHARACTER SET utf16le": ["'😀y'"],
    "VARCHAR(10) CHARACTER SET utf32": ["'😀z'", "'a '"],
    "VARCHAR(20) CHARACTER SET cp1251": ["'Привет ё'"],
    "VARCHAR(20) CHARACTER SET koi8r": ["'Привет'"],
    "VARCHAR(20) CHARACTER SET sjis": ["'カナ'", "'ｱ'"],
    "TINYTEXT": _TEXTS,
    "TEXT": _TEXTS,
    "MEDIUMTEXT": ["REPEAT('é', 40000)"],
    "LONGTEXT": ["REPEAT('x', 70000)", "''"],
    "BINARY(4)": _BYTES,
    "BINARY": ["x'7f'", "x'00'"],
    "VARBINARY(300)": [*_BYTES, "REPEAT(x'00', 280)"],
    "TINYBLOB": _BYTES,
    "BLOB": _BYTES,
    "LONGBLOB": ["REPEAT(x'00', 70000)"],
    "CHAR(4) CHARACTER SET binary": _BYTES,
    "ENUM('a','it''s','x,y','','back\\\\slash')": ["'a'", "'it\\'s'", "'x,y'", "'bad'", "5", "0"],
    "ENUM('é','ü') CHARACTER SET latin1": ["'ü'", "'é'"],
    "ENUM('Ω','日') CHARACTER SET ucs2": ["'日'"],
    f"ENUM({','.join(_quoted(*(f'l{n}' for n in range(300))))})": ["'l299'", "'l0'", "256"],
    "SET('r','g','b')": ["'r,b'", "''", "'b,g'"],
    "SET('é','ü','日') CHARACTER SET utf8mb4": ["'日,é'"],
    f"SET({','.join(_quoted(*(f's{n}' for n in range(64))))})": ["'s63,s0,s8'", "18446744073709551615"],
    "POINT": ["ST_GeomFromText('POINT(1 2)')", "ST_GeomFromText('POINT(-1.5 1e10)', 3857)"],
    "GEOMETRY": ["ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 0,1 1))')", "ST_GeomFromText('POINT(3 4)')"],
    "POLYGON": ["ST_GeomFromText('POLYGON((0 0,4 0,4 4,0 4,0 0))', 4326)"],
}
MYSQL: dict[str, list[str]] = {
    "VECTOR(3)": ["STRING_TO_VECTOR('[1,2.5,-3]')", "STRING_TO_VECTOR('[0.1,1e10]')"],
    "VARCHAR(9) CHARACTER SET gb18030": ["'中文'"],
    "JSON": [
        """'{"a": 1, "b": [true, false, null, -1, 2147483648, 18446744073709551615, 1.5, 1e100, -0.0, 0.1], "n": {"x": {}}}'""",
        r"""'"a text with \\"quotes\\", \\\\, \\n, \\u0001, / and 😀 é"'""", "'null'", "'[]'", "'-12.75'", "'[1, [2, [3]]]'",
        "JSON_ARRAY(CAST(12.340 AS DECIMAL(10,3)), CAST(-0.5 AS DECIMAL(5,2)), CAST(0 AS DECIMAL(65,30)))",
        "JSON_ARRAY(CAST('2026-02-03' AS DATE), CAST('-12:34:56.789' AS TIME(3)), CAST('838:59:59' AS TIME))",
        "JSON_ARRAY(CAST('2026-02-03 04:05:06.123456' AS DATETIME(6)), TIMESTAMP('2026-02-03 04:05:06'), CAST(2026 AS YEAR))",
        "JSON_ARRAY(CAST('-00:00:00.000001' AS TIME(6)), CAST('0000-00-00' AS DATE))",
        "JSON_OBJECT('bin', CAST('abc' AS BINARY), 'bit', b'101', 'empty', x'', 'long', REPEAT(x'00ff', 200))",
        "JSON_ARRAY(32767, 32768, -32769, 65535, 65536, -2147483649, 9223372036854775807, -9223372036854775808)",
        "JSON_OBJECT('pad', REPEAT('x', 70000), 'k', JSON_ARRAY(1, 100000, -100000, 40000))",
        "CAST(CONCAT('[', REPEAT('100000,', 20000), '-1]') AS JSON)",
        "CAST(CONCAT(REPEAT('[', 100), REPEAT(']', 100)) AS JSON)",
        "JSON_OBJECT('', 1, 'b', 2, 'aa', 3, 'é', 4, REPEAT('k', 300), REPEAT('v', 130))",
    ],
}
_ADDRESSES = _quoted(
    "::", "::1", "1::", "::ffff:1.2.3.4", "::1.2.3.4", "2001:db8::ff00:42:8329", "1:0:0:2:0:0:0:3", "1:0:2:3:4:5:6:7",
    "0:1:2:3:4:5:6:0", "fe80:0:0:1::", "::1:0:0:2", "0:0:1::1", "::ffff:0:1", "::fffe:1.2.3.4", "1:0:0:2:3:0:0:4",
    "::0.1.0.0", "::ffff:0.0.0.0", "::5:0:0:0:0")
MARIADB: dict[str, list[str]] = {
    "UUID": _quoted(
        "123e4567-e89b-12d3-a456-426614174000", "00000000-0000-0000-0000-000000000000", "018f0000-0000-7000-8000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffff00", "1ec9414c-232a-6b00-b3c8-9f6bdeced846", "5df41881-3aed-3515-88a7-2f4a814cf09e"),
    "INET6": _ADDRESSES,
    "INET4": ["'0.0.0.0'", "'1.2.3.0'", "'255.255.255.255'"],
    "VARCHAR(3000) COMPRESSED": ["''", "'a'", "REPEAT('é', 999)", "'abcdef'"],
    "TEXT COMPRESSED": ["REPEAT('ж', 20000)", "'x'", "''"],
    "BLOB COMPRESSED": ["REPEAT(x'0001', 20000)", "x'00'", "''"],
    "VARBINARY(1000) COMPRESSED": ["REPEAT('ab', 400)", "x'01'"],
    "JSON": ["""'{"b": [1, 2.50, null],  "a": "é"}'"""],
}
