"""The core under AddressSanitizer: a build of its own, and the environment that a process needs to load it.

The build is in ``build/asan``, beside a copy of the packages, so that the modules that `make core` made stay as they are.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

__all__ = ["CHOSEN", "MISSING", "REPORTS", "build", "environment", "library"]

ROOT = Path(__file__).parents[2]
TREE = ROOT / "build" / "asan"
PACKAGES = ("schemas", "connect", "connectors")
CHOSEN = "HEADGATE_FUZZ_SANITIZED"
"""The variable of processes that run on it."""
REPORTS = ROOT / "build" / "fuzz" / "sanitizer"
"""The sanitizer's report of a process is this with its id behind a dot."""
MISSING = ("the compiler has no AddressSanitizer, so the ordinary build is fuzzed, in which an overrun may pass unseen. "
           "Install gcc with it (Debian: apt-get install gcc, Fedora: dnf install gcc libasan); CC chooses the compiler")


def library() -> Path | None:
    """The compiler's AddressSanitizer, to be loaded before all else; None when it has none."""
    compiler = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")
    try:
        told = subprocess.run([compiler[0], "-print-file-name=libasan.so"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    path = Path(told.strip())
    # A compiler that does not know the file tells its name only.
    return path if path.is_absolute() and path.exists() else None


def build() -> None:
    """Bring the copy and its modules up to date; what has not changed is not built again. Raises CalledProcessError."""
    wanted = {Path("setup.py")}
    for package in PACKAGES:
        wanted |= {p.relative_to(ROOT) for kind in ("*.py", "*.pxd") for p in (ROOT / package).rglob(kind)}
    # Other flags make other modules, which no date of a source tells.
    anew = not _same(ROOT / "setup.py", TREE / "setup.py")
    for old in [p for kind in ("*.py", "*.pxd") for p in TREE.rglob(kind)]:
        if old.relative_to(TREE) not in wanted:
            old.unlink()
            for made in [*old.parent.glob(f"{old.stem}.c"), *old.parent.glob(f"{old.stem}.*.so")]:
                made.unlink()
    for path in sorted(wanted):
        if not _same(ROOT / path, TREE / path):
            (TREE / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, TREE / path)
    command = [sys.executable, "setup.py", "-q", "build_ext", "--inplace", "-j", "2", *(["--force"] if anew else [])]
    try:
        subprocess.run(command, cwd=TREE, check=True, env={**os.environ, "HEADGATE_SANITIZE": "address",
                                                         "HEADGATE_BUILD_CORE": "require"})
    except BaseException:
        (TREE / "setup.py").unlink()
        raise


def _same(a: Path, b: Path) -> bool:
    return b.exists() and a.read_bytes() == b.read_bytes()


def environment(asan: Path) -> dict[str, str]:
    """That of a process that runs on the build. Blocks have the size that was asked for, not that of Python's own arenas, and
    the first finding ends the process."""
    REPORTS.parent.mkdir(parents=True, exist_ok=True)
    common = f"halt_on_error=1:exitcode=99:log_path={REPORTS}"
    return {
        **os.environ, CHOSEN: "1", "HEADGATE_CORE": "native", "PYTHONMALLOC": "malloc", "LD_PRELOAD": str(asan),
        "PYTHONPATH": os.pathsep.join((str(TREE), str(ROOT))), "PYTHONSAFEPATH": "1",
        # The interpreter keeps what it has to the end, which is no leak.
        "ASAN_OPTIONS": f"{common}:detect_leaks=0:allocator_may_return_null=1:quarantine_size_mb=64",
        "UBSAN_OPTIONS": f"{common}:print_stacktrace=1",
    }
