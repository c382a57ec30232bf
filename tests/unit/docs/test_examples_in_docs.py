from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from connect.api.records import SourceRecord
from schemas.model import STRING

DOCS = Path(__file__).parents[3] / "docs"


def test_the_transform_of_the_docs_works() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", (DOCS / "connectors.md").read_text("utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, "connectors.md", "exec"), names)
    transform = names["LowerKey"]()
    transform.configure({"field": "code"})
    record = SourceRecord({}, {}, "t", None, {"code": "AbC", "n": 1}, STRING, "v")
    changed = transform.apply(record)
    assert changed.key == {"code": "abc", "n": 1}
    assert record.key == {"code": "AbC", "n": 1}
    assert transform.apply(record.but(key=None)).key is None
