from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.tasks import supervising
from tests.integration.tasks.rig import Rig


@pytest.fixture(params=["native", "librdkafka"])
def rig(kafka: Any, request: pytest.FixtureRequest) -> Iterator[Rig]:
    """With each of the two producers."""
    made = Rig(kafka.bootstrap, request.param)
    yield made
    made.close()


@pytest.fixture(scope="module")
def one_supervisor() -> Iterator[None]:
    """Tests of a module share one; it ends with the module and leaves nothing."""
    yield
    supervising.close_shared()
