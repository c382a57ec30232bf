"""A scene for each test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.badinput.scene import Scene


@pytest.fixture
def scene(worker: Any, kafka: Any, registry: Any, postgres: Any) -> Iterator[Scene]:
    made = Scene(worker, kafka, registry, postgres)
    yield made
    made.close()
