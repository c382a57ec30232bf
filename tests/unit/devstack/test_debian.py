"""Programs from Debian packages, and what MySQL and MariaDB are told."""

import socket
import threading
from pathlib import Path

import pytest

from devstack.debian import Packages, apt_options, install_packages
from devstack.errors import DevstackError
from devstack.mysql import MariaDb, MySql, render_options
from devstack.ports import HOST
from devstack.progress import Progress

QUIET = Progress(silent=True)


def make(root: Path, *files: str) -> Path:
    for name in files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def test_a_program_is_started_through_the_loader_of_its_own_c_library(tmp_path: Path) -> None:
    root = make(tmp_path, "lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", "usr/lib/x86_64-linux-gnu/libz.so", "usr/sbin/mysqld")
    assert Packages(root).command("mysqld") == [
        f"{root}/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
        "--library-path",
        f"{root}/lib/x86_64-linux-gnu:{root}/usr/lib/x86_64-linux-gnu",
        f"{root}/usr/sbin/mysqld",
    ]


def test_what_is_missing_among_the_packages_is_named(tmp_path: Path) -> None:
    with pytest.raises(DevstackError, match="mysqld is not among the packages"):
        Packages(tmp_path).command("mysqld")
    with pytest.raises(DevstackError, match="no C library"):
        Packages(make(tmp_path, "usr/sbin/mysqld")).command("mysqld")


def test_apt_leaves_the_machine_alone(tmp_path: Path) -> None:
    options = dict(option.split("=", 1) for option in apt_options(tmp_path)[1::2])
    for key in ("Dir::State", "Dir::State::status", "Dir::Cache", "Dir::Etc::SourceList"):
        assert Path(options[key]).is_relative_to(tmp_path)
    assert options["Dir::Etc::SourceParts"] == options["Dir::Etc::PreferencesParts"] == "/dev/null"


def test_a_machine_without_apt_is_told_what_else_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DevstackError, match=r"no apt-get and dpkg-deb .*HEADGATE_MYSQL_URL"):
        install_packages("thing", "sid", ["mysql-server-core"], tmp_path, "mysql", QUIET)
    assert not (tmp_path / "thing").exists()


def fake_apt(folder: Path, script: str) -> None:
    for name, text in (("apt-get", script), ("dpkg-deb", "#!/bin/sh\nmkdir -p $3/usr/sbin && touch $3/usr/sbin/mysqld\n")):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)


FETCH = """#!/bin/sh
case "$*" in
*install*) for word in "$@"; do case "$word" in Dir::State=*) touch "${word#Dir::State=}/cache/archives/a.deb";; esac; done;;
esac
"""


def test_packages_are_fetched_once_and_unpacked_without_the_files_of_apt(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    fake_apt(tools, FETCH)
    keys = tmp_path / "keys.gpg"
    keys.touch()
    monkeypatch.setattr("devstack.debian._KEYS", keys)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    for _ in range(2):
        found = install_packages("thing", "sid", ["mysql-server-core"], tmp_path, "mysql", QUIET)
        assert [path.name for path in found.root.iterdir()] == ["usr"]
        (tools / "apt-get").write_text("#!/bin/sh\nexit 1\n")


def test_what_apt_says_at_its_end_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    fake_apt(tools, "#!/bin/sh\necho 'E: no such host'\nexit 100\n")
    monkeypatch.setattr("devstack.debian._KEYS", tools)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    with pytest.raises(DevstackError, match=r"list of packages \(sid\) failed:\nE: no such host"):
        install_packages("thing", "sid", ["mysql-server-core"], tmp_path, "mysql", QUIET)


def test_options_are_in_the_section_that_every_server_reads() -> None:
    assert render_options({"port": "3306", "log_bin": "binlog"}) == "[server]\nport = 3306\nlog_bin = binlog\n"


@pytest.mark.parametrize(("kind", "variable"), [(MySql, "HEADGATE_MYSQL_URL"), (MariaDb, "HEADGATE_MARIADB_URL")])
def test_the_address_is_exported(tmp_path: Path, kind: type[MySql | MariaDb], variable: str) -> None:
    server = kind("it", tmp_path, QUIET)
    server.configure({"client": 3306})
    assert server.exports() == {variable: "mysql://cdc:cdc@127.0.0.1:3306"}


def test_a_server_that_hangs_up_does_not_answer(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as listener:
        server = MySql("it", tmp_path, QUIET)
        server.configure({"client": listener.getsockname()[1]})
        thread = threading.Thread(target=lambda: listener.accept()[0].close())
        thread.start()
        assert not server.is_ready()
        thread.join()
