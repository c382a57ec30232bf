"""Builds the compiled core when Cython and a C compiler are there; without them the same sources run interpreted.

HEADGATE_BUILD_CORE=require makes a failed build an error, =skip does not try. HEADGATE_SANITIZE=address builds it for
`make fuzz`: such modules can be loaded only where the compiler's libasan is preloaded. Which core runs is told by the start-up
log, `GET /` and the metric headgate_core_info.
"""

import os
from pathlib import Path

from setuptools import setup
from setuptools.command.build_ext import build_ext

MODE = os.environ.get("HEADGATE_BUILD_CORE", "auto")
SANITIZE = os.environ.get("HEADGATE_SANITIZE", "")
# AddressSanitizer does not see an array's end inside an object: bounds does. Numbers of C that wrap are found too, which are
# no error otherwise (Python's own -fwrapv), only wrong.
SANITIZERS = [
    "-fsanitize=address,bounds,shift-exponent,signed-integer-overflow,integer-divide-by-zero", "-fno-sanitize-recover=all",
]


class OptionalBuildExt(build_ext):
    """A compiler that is missing or fails leaves the interpreted core, unless the build was required."""

    def run(self) -> None:
        """Build; warn instead of failing unless the build was required."""
        try:
            super().run()
        except Exception as e:
            if MODE == "require":
                raise
            self.warn(f"headgate: the compiled core was not built ({e}); the interpreted core will be used")


def extensions() -> list:
    """One extension for each core module: a .py source with a .pxd beside it."""
    if MODE == "skip":
        return []
    try:
        from Cython.Build import cythonize
    except ImportError:
        if MODE == "require":
            raise
        return []
    roots = ("schemas", "connect", "connectors")
    sources = sorted(str(p.with_suffix(".py")) for r in roots for p in Path(r).rglob("core/*.pxd") if p.stem != "__init__")
    if not sources:
        return []
    directives = {"boundscheck": True, "wraparound": False, "initializedcheck": False, "annotation_typing": False}
    found = cythonize(sources, language_level=3, compiler_directives=directives)
    if SANITIZE == "address":
        for extension in found:
            extension.extra_compile_args = [*SANITIZERS, "-fno-wrapv", "-fno-omit-frame-pointer", "-g", "-O1"]
            extension.extra_link_args = list(SANITIZERS)
    elif SANITIZE:
        raise ValueError(f"HEADGATE_SANITIZE={SANITIZE!r}: expected address")
    return found


setup(ext_modules=extensions(), cmdclass={"build_ext": OptionalBuildExt})
