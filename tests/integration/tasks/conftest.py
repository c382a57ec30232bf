from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.tasks.rig import Rig


@pytest.fixture
def rig(kafka: Any) -> Iterator[Rig]:
    made = Rig(kafka.bootstrap)
    yield made
    made.close()
