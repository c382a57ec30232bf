"""The hash against values that Kafka's own tests pin."""

import pytest

from connect.kafka.murmur2 import murmur2, partition_of


@pytest.mark.parametrize(
    ("text", "signed"),
    [
        ("21", -973932308), ("foobar", -790332482), ("a-little-bit-long-string", -985981536),
        ("a-little-bit-longer-string", -1486304829), ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        ("abc", 479470107),
    ],
)
def test_the_hash_is_javas(text: str, signed: int) -> None:
    assert murmur2(text.encode()) == signed & 0xFFFFFFFF


@pytest.mark.parametrize("count", [1, 5, 25])
@pytest.mark.parametrize("key", [b"", b"a", b'["inv",{"server":"dbz"}]'])
def test_a_partition_is_below_the_count(key: bytes, count: int) -> None:
    assert 0 <= partition_of(key, count) < count
