"""What the fork server does before the first fork, so that no task and no call does it again."""

from __future__ import annotations

import json
import subprocess
import sys

COUNTING = """
import importlib.metadata, json, socket, sys
asked = []
found = importlib.metadata.entry_points
importlib.metadata.entry_points = lambda **which: asked.append(which) or found(**which)
from connect.tasks.forkserver import preload
failed = preload()
before, first = set(sys.modules), len(asked)
from connect.plugins.discovery import Kind, registry
from connect.plugins.converters import make_converters
from connect.tasks.assembly import assemble
from connect.tasks.child import run
connector = registry().resolve(Kind.CONNECTOR, "io.debezium.connector.postgresql.PostgresConnector")
avro = {f"{side}.{key}": value for side in ("key", "value") for key, value in (
    ("converter", "io.confluent.connect.avro.AvroConverter"), ("converter.schema.registry.url", "http://registry:8081"))}
make_converters(avro, {})
registry().task_class("io.debezium.connector.postgresql.PostgresConnectorTask")
print(json.dumps({"failed": failed, "imported": sorted(set(sys.modules) - before), "asked": len(asked) - first}))
"""


def test_after_the_preload_nothing_is_imported_and_no_package_is_searched_for_plugins() -> None:
    done = subprocess.run([sys.executable, "-c", COUNTING], capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    assert told["imported"] == []
    assert told["asked"] == 0
