"""The OpenAPI document against the answers of a real worker. Reading only: a generated write would leave connectors behind."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from devstack.worker import WorkerProcess

pytestmark = pytest.mark.integration


def test_no_answer_of_a_real_worker_contradicts_the_description(worker: WorkerProcess) -> None:
    document = schemathesis.openapi.from_url(f"{worker.url}/openapi.json").include(method="GET")
    asked = 0
    for found in document.get_all_operations():
        operation = found.ok()

        @settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True)
        @given(case=operation.as_strategy())
        def check(case) -> None:
            case.call_and_validate()

        check()
        asked += 1
    assert asked == 15
