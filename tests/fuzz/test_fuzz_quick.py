"""Every fuzz target on a few thousand inputs; `make fuzz` runs a million of each."""

from __future__ import annotations

import pytest

from tests.fuzz.runner import run_inputs
from tests.fuzz.targets import CORPUS, targets

TARGETS = targets()
_FEWER = {"walk": 300, "pg_changes": 200, "pg_frames": 1000}
"""Of those that do much with each input."""


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_no_input_does_more_than_to_be_refused(name: str) -> None:
    compared = name == "walk"  # two decoders on each input, whose errors are compared
    inputs = _FEWER.get(name, 3000)
    result = run_inputs(TARGETS[name], inputs, seed=7)
    assert result.findings == []
    assert result.inputs == inputs
    assert result.refused == 0 if compared else 0 < result.refused < inputs


def test_every_corpus_folder_has_its_target() -> None:
    assert {path.name for path in CORPUS.iterdir() if path.is_dir()} <= set(TARGETS)
