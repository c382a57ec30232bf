"""What can be fuzzed: a name, a function of bytes that may raise only ValueError, and how its inputs are mutated."""

from __future__ import annotations

import importlib
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.mutate import mutate

__all__ = ["CORPUS", "Target", "corpus_of", "targets"]

CORPUS = Path(__file__).parent / "corpus"

Mutate = Callable[[random.Random, bytes, list[bytes]], bytes]


@dataclass(frozen=True)
class Target:
    """One decoder. ``run`` may raise ValueError (and subclasses) for any input, and nothing else.

    ``mutate(random, input, corpus)`` gives the next input; the usual one knows nothing of the format. ``accepts``: the corpus as
    it is must not raise at all. A module ``targets_*.py`` in this folder lists its own in TARGETS, or has functions of bytes in
    its ``__all__``; the corpus of a target are the files of ``corpus/<name>/``, or what its ``seeds`` gives.
    """

    name: str
    run: Callable[[bytes], object]
    mutate: Mutate = mutate
    accepts: bool = True
    seeds: Callable[[], list[bytes]] | None = None


def targets() -> dict[str, Target]:
    """All of them, by name."""
    found: dict[str, Target] = {}
    for path in sorted(Path(__file__).parent.glob("targets_*.py")):
        module = importlib.import_module(f"tests.fuzz.{path.stem}")
        own = getattr(module, "TARGETS", None)
        for target in own or [Target(name, getattr(module, name), accepts=False) for name in module.__all__]:
            found[target.name] = target
    return found


def corpus_of(target: Target) -> list[bytes]:
    """Its corpus, as ``seeds`` gives it or in the files' order; without one, bytes by chance, which only a target that takes any
    bytes can live on."""
    if target.seeds is not None:
        return target.seeds()
    found = [path.read_bytes() for path in sorted((CORPUS / target.name).glob("*")) if path.is_file()]
    rng = random.Random(target.name)
    return found or [rng.randbytes(size) for size in range(4, 400, 12)]
