"""Names of processes."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="names are Linux's")
@pytest.mark.parametrize(("arguments", "name"), [
    ("'headgate-forks'", "headgate-forks"),
    ("'inventory', 0", "inventory-0"),
    ("'a-long-name-of-a-connector', 12", "a-long-name--12"),
    ("'abcdefghijklöm', 1", "abcdefghijkl-1"),  # bytes count, and no character is cut in two
])
def test_a_name_is_cut_and_keeps_its_number(arguments: str, name: str) -> None:
    script = f"from connect.tasks.naming import name_process; name_process({arguments}); print(open('/proc/self/comm').read())"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout.decode().strip() == name
