"""The served OpenAPI document is true: whatever it allows is answered as it says, whatever is sent never breaks the worker."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from rest import RestSettings, create_app
from tests.unit.rest.fake_herder import POSTGRES, FakeHerder

HERDER = FakeHerder()


async def render() -> bytes:
    return b"headgate_up 1\n"


APP = create_app(HERDER, RestSettings(metrics=render))
schema = schemathesis.openapi.from_asgi("/openapi.json", APP)

PATHS = {
    "/", "/health", "/metrics", "/connectors", "/connectors/{name}", "/connectors/{name}/config", "/connectors/{name}/status",
    "/connectors/{name}/restart", "/connectors/{name}/pause", "/connectors/{name}/resume", "/connectors/{name}/stop",
    "/connectors/{name}/tasks", "/connectors/{name}/tasks/{task}/status", "/connectors/{name}/tasks/{task}/restart",
    "/connectors/{name}/offsets", "/connectors/{name}/topics", "/connectors/{name}/topics/reset", "/connector-plugins",
    "/connector-plugins/{plugin}/config", "/connector-plugins/{plugin}/config/validate", "/admin/loggers",
    "/admin/loggers/{logger}", "/connectors/{name}/fence",
}


@pytest.fixture(autouse=True)
def a_connector() -> None:
    vars(HERDER).clear()
    HERDER.__init__()  # type: ignore[misc]
    HERDER.configs["c"] = {"connector.class": POSTGRES}
    HERDER._run("c", "STOPPED")


@schema.parametrize()
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True)
def test_answers_are_as_described(case) -> None:
    # A configuration that fits the schema may still be refused: by the plugin's own keys.
    case.call_and_validate(excluded_checks=[positive_data_acceptance])


def test_every_endpoint_is_described_with_its_failures() -> None:
    document = APP.openapi()
    assert set(document["paths"]) == PATHS
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (method, path)
            assert "422" not in operation["responses"]
            for status, answer in operation["responses"].items():
                if int(status) >= 400 and path != "/health":
                    (content,) = answer["content"].values()
                    assert content["schema"]["$ref"].endswith("/ErrorMessage"), (method, path, status)
            if "requestBody" in operation:
                assert {"400", "415"} <= operation["responses"].keys(), (method, path)
    assert "HTTPValidationError" not in document["components"]["schemas"]
