from __future__ import annotations

import json
from pathlib import Path

import pytest

from connect.api.errors import ConnectError
from connect.tasks.offset_writer import FileOffsetWriter, read_offsets_file


def test_what_was_written_is_read(tmp_path: Path) -> None:
    file = tmp_path / "offsets"
    writer = FileOffsetWriter(file, "inventory")
    writer.begin([({"server": "a"}, {"lsn": 1}), ({"server": "b"}, {"lsn": 2})])
    assert writer.poll()
    writer.begin([({"server": "a"}, {"lsn": 3})])
    found = {p["server"]: o for p, o in read_offsets_file(file, "inventory")}
    assert found == {"a": {"lsn": 3}, "b": {"lsn": 2}}


def test_connectors_share_a_file_and_keep_their_own(tmp_path: Path) -> None:
    file = tmp_path / "offsets"
    FileOffsetWriter(file, "one").begin([({"server": "a"}, {"lsn": 1})])
    FileOffsetWriter(file, "two").begin([({"server": "a"}, {"lsn": 2})])
    assert read_offsets_file(file, "one") == [({"server": "a"}, {"lsn": 1})]
    assert read_offsets_file(file, "two") == [({"server": "a"}, {"lsn": 2})]
    assert list(json.loads(file.read_text())) == ["one", "two"]


def test_without_a_file_there_are_no_offsets(tmp_path: Path) -> None:
    assert read_offsets_file(tmp_path / "none", "one") == []


@pytest.mark.parametrize("text", ["{", "[]", "null"])
def test_a_file_that_is_something_else_is_refused_by_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "offsets"
    file.write_text(text)
    with pytest.raises(ConnectError, match=r"offset\.storage\.file\.filename"):
        read_offsets_file(file, "one")


def test_a_folder_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ConnectError, match=r"offset\.storage\.file\.filename"):
        FileOffsetWriter(tmp_path / "no" / "offsets", "one").begin([({"server": "a"}, {"lsn": 1})])
