"""Validation reports as answers to create and configure: 400 with every message, in Kafka Connect's form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connect.herder.requests import RequestError

__all__ = ["check_report"]


def check_report(report: Mapping[str, Any]) -> None:
    """Raises RequestError 400 with a line for each error when the report has any."""
    count = int(report.get("error_count") or 0)
    if not count:
        return
    lines = [str(m) for c in report.get("configs", ()) for m in ((c.get("value") or {}).get("errors") or ())]
    raise RequestError(400, "\n".join([
        f"Connector configuration is invalid and contains the following {count} error(s):",
        *lines,
        "You can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`",
    ]))
