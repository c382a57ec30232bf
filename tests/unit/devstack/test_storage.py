"""The download cache, unpacking, and places for servers that run as another user."""

import io
import os
import tarfile
import threading
from pathlib import Path

import pytest

from devstack.cache import cache_entry, cache_folder, locked
from devstack.errors import DevstackError
from devstack.reach import is_reachable, locate, make_place
from devstack.unpack import unpack


def test_the_cache_is_in_the_users_cache_folder_unless_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HEADGATE_DEVSTACK_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "headgate" / "devstack"
    monkeypatch.setenv("HEADGATE_DEVSTACK_CACHE", str(tmp_path / "mine"))
    assert cache_folder() == tmp_path / "mine"


def test_an_entry_is_built_once(tmp_path: Path) -> None:
    built = []

    def build(folder: Path) -> None:
        built.append(folder)
        (folder / "file").write_text("content")

    for _ in range(2):
        assert (cache_entry("thing", build, folder=tmp_path) / "file").read_text() == "content"
    assert len(built) == 1


def test_a_failed_build_leaves_no_entry(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").write_text("half")
        raise DevstackError("the line is cut")

    with pytest.raises(DevstackError, match="the line is cut"):
        cache_entry("thing", fail, folder=tmp_path)
    entry = cache_entry("thing", lambda folder: None, folder=tmp_path)
    assert list(entry.iterdir()) == []


def test_two_that_want_the_same_entry_at_once_build_it_once(tmp_path: Path) -> None:
    built = []
    waiting = threading.Event()

    def build(folder: Path) -> None:
        built.append(folder)
        assert waiting.wait(20)

    def want() -> None:
        cache_entry("thing", build, folder=tmp_path, waiting=waiting.set)

    threads = [threading.Thread(target=want) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(built) == 1


def test_a_lock_that_is_held_is_reported_while_it_is_waited_for(tmp_path: Path) -> None:
    reported = threading.Event()

    def second() -> None:
        with locked(tmp_path / "lock", reported.set):
            pass

    with locked(tmp_path / "lock"):
        thread = threading.Thread(target=second)
        thread.start()
        assert reported.wait(20)
    thread.join()


def archive(*members: tuple[tarfile.TarInfo, bytes]) -> io.BytesIO:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:xz") as tar:
        for member, content in members:
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    stream.seek(0)
    return stream


def member(name: str, kind: bytes = tarfile.REGTYPE, mode: int = 0o600, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.linkname = kind, mode, link
    return info


def test_what_is_unpacked_can_be_read_by_everybody_whatever_the_umask(tmp_path: Path) -> None:
    packed = archive(
        (member("bin", tarfile.DIRTYPE, 0o700), b""),
        (member("bin/run", mode=0o700), b"#!"),
        (member("deep/er/text"), b"text"),
        (member("bin/link", tarfile.SYMTYPE, link="../deep/er/text"), b""),
        (member("bin/same", tarfile.LNKTYPE, link="bin/run"), b""),
    )
    umask = os.umask(0o077)
    try:
        unpack(packed, tmp_path)
    finally:
        os.umask(umask)
    modes = {path: (tmp_path / path).stat().st_mode & 0o777 for path in ("bin", "bin/run", "deep", "deep/er/text")}
    assert modes == {"bin": 0o755, "bin/run": 0o755, "deep": 0o755, "deep/er/text": 0o644}
    assert (tmp_path / "bin/link").read_text() == "text"
    assert (tmp_path / "bin/same").read_bytes() == b"#!"


@pytest.mark.parametrize(
    "bad",
    [
        member("../outside"),
        member("/outside"),
        member("link", tarfile.SYMTYPE, link="../../etc/passwd"),
        member("link", tarfile.LNKTYPE, link="../outside"),
        member("pipe", tarfile.FIFOTYPE),
    ],
    ids=["above", "absolute", "symlink", "hard link", "pipe"],
)
def test_an_archive_cannot_write_or_point_outside(tmp_path: Path, bad: tarfile.TarInfo) -> None:
    with pytest.raises(DevstackError, match=bad.name.rpartition("/")[2]):
        unpack(archive((bad, b"")), tmp_path / "here")


def test_a_folder_below_a_closed_one_is_not_reachable(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    (closed / "below").mkdir(parents=True)
    closed.chmod(0o700)
    assert not is_reachable(closed / "below")
    assert is_reachable(Path("/"))


def test_data_stay_in_the_stack_unless_the_servers_user_cannot_get_there(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    assert locate(closed / "cluster", None) == closed / "cluster"
    elsewhere = locate(closed / "cluster", 65534)
    assert elsewhere != closed / "cluster"
    assert elsewhere == locate(closed / "cluster", 65534)
    assert not elsewhere.exists()


def test_a_new_place_is_empty(tmp_path: Path) -> None:
    place = tmp_path / "place"
    make_place(place, None)
    (place / "data").mkdir()
    (place / "data" / "old").touch()
    (place / "file").touch()
    make_place(place, None)
    assert list(place.iterdir()) == []


def test_a_link_is_not_taken_for_a_place(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "place").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DevstackError, match="belongs to somebody else"):
        make_place(tmp_path / "place", None)
