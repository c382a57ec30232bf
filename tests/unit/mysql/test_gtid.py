"""GTID sets of both families: text, binary form, and the laws of sets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mysql.gtid import GtidError, GtidSet, MariaDbGtidSet, MySqlGtidSet, gtid_set_of, source_of
from connectors.mysql.structure import Flavor

A, B = "3e11fa47-71ca-11e1-9e33-c80aa9429562", "f0000000-0000-0000-0000-000000000001"


@pytest.mark.parametrize(("text", "canonical"), [
    ("", ""), (" , ,\n", ""),
    (f"{A}:1", f"{A}:1"),
    (f"{A}:5:1-3:4", f"{A}:1-5"),
    (f"{A.upper()}:1-3,\n {B}:2", f"{A}:1-3,{B}:2"),
    (f"{B}:2,{A}:1 - 3 : 7", f"{A}:1-3:7,{B}:2"),
    (A.replace("-", "") + ":1-3", f"{A}:1-3"),
    (f"{A}:1-3:Tag:5-6:1:z_9:1", f"{A}:1-3:tag:1:5-6:z_9:1"),
    (f"{A}:tag:1,{A}:2", f"{A}:2:tag:1"),
    (f"{A}:1-9223372036854775806", f"{A}:1-9223372036854775806"),
])
def test_mysql_text_is_read_in_every_spelling_and_written_in_one(text: str, canonical: str) -> None:
    assert str(MySqlGtidSet.parse(text)) == canonical


@pytest.mark.parametrize("text", [A, f"{A}:0", f"{A}:5-3", f"{A}:1-", f"{A}:x-1", f"{A}:9223372036854775807", "x:1",
                                  f"{A[:-1]}:1", f"{A}:1-2-3", f"{A}:" + "t" * 33 + ":1", f"{A}:-1", f"{A}:1:1é", f"{A}:\u0661"])
def test_a_wrong_mysql_text_is_refused(text: str) -> None:
    with pytest.raises(GtidError):
        MySqlGtidSet.parse(text)


@pytest.mark.parametrize("gtid", ["", A, f"{A}:1-2", f"{A}:t:u:1", f"{A}:1:1", f"{A}:t:"])
def test_a_wrong_mysql_gtid_is_refused(gtid: str) -> None:
    with pytest.raises(GtidError):
        MySqlGtidSet().add(gtid)


def test_adding_grows_ranges_and_closes_gaps() -> None:
    gtids = MySqlGtidSet()
    for gno in (1, 2, 5, 4, 3, 9):
        gtids.add(f"{A}:{gno}")
        assert gtids.has(f"{A}:{gno}")
    assert str(gtids) == f"{A}:1-5:9"
    gtids.add(f"{A}:t:1")
    assert str(gtids) == f"{A}:1-5:9:t:1"
    assert not gtids.has(f"{A}:6") and not gtids.has(f"{B}:1") and not gtids.has(f"{A}:u:1")


def test_a_copy_is_its_own() -> None:
    first = MySqlGtidSet.parse(f"{A}:1")
    second = first.copy()
    second.add(f"{A}:2")
    assert (str(first), str(second)) == (f"{A}:1", f"{A}:1-2")


def test_the_binary_form_is_the_servers() -> None:
    plain = MySqlGtidSet.parse(f"{A}:1-3:7")
    raw = bytes.fromhex("0100000000000000" + A.replace("-", "") + "0200000000000000"
                        "0100000000000000" "0400000000000000" "0700000000000000" "0800000000000000")
    assert plain.encode() == raw and MySqlGtidSet.decode(raw) == plain
    tagged = MySqlGtidSet.parse(f"{A}:t:1")
    raw = bytes.fromhex("0101000000000001" + A.replace("-", "") + "0274" "0100000000000000" "0100000000000000" "0200000000000000")
    assert tagged.encode() == raw and MySqlGtidSet.decode(raw) == tagged


@pytest.mark.parametrize("raw", [b"", b"\0" * 7, b"\1" + b"\0" * 7, b"\0" * 8 + b"x", b"\0" * 7 + b"\2", b"\xff" * 7 + b"\0",
                                 b"\1" + b"\0" * 7 + b"u" * 16 + b"\xff" * 8,
                                 b"\1" + b"\0" * 7 + b"u" * 16 + b"\1" + b"\0" * 23])
def test_wrong_binary_forms_are_refused(raw: bytes) -> None:
    with pytest.raises(GtidError):
        MySqlGtidSet.decode(raw)


def test_servers_are_kept_by_their_uuid() -> None:
    gtids = MySqlGtidSet.parse(f"{A}:1-3:t:1,{B}:2")
    assert str(gtids.keep(lambda uuid: uuid == A)) == f"{A}:1-3:t:1"
    assert gtids.sources() == {A, B}


@pytest.mark.parametrize(("gtid", "source"), [(f"{A.upper()}:5", A), (f"{A}:t:5", A), ("0-1-5", "0-1")])
def test_a_transactions_source(gtid: str, source: str) -> None:
    assert source_of(gtid) == source


@pytest.mark.parametrize(("text", "canonical"), [("", ""), ("1-2-5, 0-1-100", "0-1-100,1-2-5"), ("0-1-5,0-2-7,0-3-6", "0-2-7")])
def test_mariadb_text(text: str, canonical: str) -> None:
    assert str(MariaDbGtidSet.parse(text)) == canonical


@pytest.mark.parametrize("text", ["0-1", "0-1-2-3", "a-1-2", "-1-2", "4294967296-1-1",
                                  "0-4294967296-1", "0-1-18446744073709551616", "0--1"])
def test_a_wrong_mariadb_text_is_refused(text: str) -> None:
    with pytest.raises(GtidError):
        MariaDbGtidSet.parse(text)


def test_a_mariadb_position_covers_what_came_before_it() -> None:
    position = MariaDbGtidSet.parse("0-1-100")
    assert position.has("0-2-99") and not position.has("0-1-101") and not position.has("1-1-1")
    position.add("0-2-101")
    position.add("1-7-1")
    assert str(position) == "0-2-101,1-7-1"
    assert str(position.keep(lambda source: source == "1-7")) == "1-7-1"
    assert position.sources() == {"0-2", "1-7"}


def test_the_family_follows_the_flavor() -> None:
    assert str(gtid_set_of(Flavor.MARIADB, "0-1-2")) == "0-1-2"
    assert str(gtid_set_of(Flavor.MYSQL, f"{A}:1")) == f"{A}:1"
    assert MySqlGtidSet() != MariaDbGtidSet()


_PART = st.builds(lambda uuid, tag, first, more: f"{uuid}:{tag}{first}-{first + more}",
                  st.sampled_from([A, B]), st.sampled_from(["", "t:", "u:"]), st.integers(1, 40), st.integers(0, 9))
MYSQL_SETS = st.lists(_PART, max_size=8).map(lambda parts: MySqlGtidSet.parse(",".join(parts)))
MARIADB_SETS = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 2), st.integers(1, 6)), max_size=4).map(
    lambda parts: MariaDbGtidSet.parse(",".join(f"{d}-{s}-{n}" for d, s, n in parts)))
PAIRS = st.one_of(st.tuples(MYSQL_SETS, MYSQL_SETS), st.tuples(MARIADB_SETS, MARIADB_SETS))


@given(st.one_of(MYSQL_SETS, MARIADB_SETS))
def test_law_text_and_set_are_the_same(gtids: GtidSet) -> None:
    assert type(gtids).parse(str(gtids)) == gtids
    assert bool(gtids) == (str(gtids) != "")


@given(MYSQL_SETS)
def test_law_binary_and_set_are_the_same(gtids: MySqlGtidSet) -> None:
    assert MySqlGtidSet.decode(gtids.encode()) == gtids


@given(PAIRS)
def test_law_a_union_holds_both_and_order_does_not_count(pair: tuple[GtidSet, GtidSet]) -> None:
    one, two = pair
    both = one.union(two)
    assert both.contains(one) and both.contains(two)
    assert both == two.union(one) == both.union(one)


@given(PAIRS)
def test_law_what_is_taken_away_is_gone_and_comes_back(pair: tuple[GtidSet, GtidSet]) -> None:
    one, two = pair
    rest = one.minus(two)
    assert one.contains(rest)
    assert (not rest) == two.contains(one)
    assert rest.union(two).contains(one)
    assert rest.minus(two) == rest


@given(MYSQL_SETS, st.sampled_from([A, B]), st.integers(1, 50))
def test_law_adding_one_is_a_union_with_it(gtids: MySqlGtidSet, uuid: str, gno: int) -> None:
    one = MySqlGtidSet.parse(f"{uuid}:{gno}")
    expected = gtids.union(one)
    assert gtids.has(f"{uuid}:{gno}") == gtids.contains(one)
    gtids.add(f"{uuid}:{gno}")
    assert gtids == expected and gtids.has(f"{uuid}:{gno}") and str(gtids) == str(expected)


@given(MYSQL_SETS, MYSQL_SETS)
def test_law_the_same_as_plain_sets_of_numbers(one: MySqlGtidSet, two: MySqlGtidSet) -> None:
    def plain(gtids: MySqlGtidSet) -> set[str]:
        return {f"{u}:{t}{n}" for u in (A, B) for t in ("", "t:", "u:") for n in range(1, 60) if gtids.has(f"{u}:{t}{n}")}
    assert plain(one.union(two)) == plain(one) | plain(two)
    assert plain(one.minus(two)) == plain(one) - plain(two)
    assert one.contains(two) == (plain(one) >= plain(two))
