from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from connect.config.clientkeys import CLIENT_KEYS, NATIVE_KEYS
from connect.config.connector import ConnectorConfig
from connect.config.worker import WorkerConfig
from connect.converters.avro_config import AvroConverterConfig
from connect.converters.json import JsonConverter
from connect.failpoints import FAILPOINTS
from connect.tasks.meters import metric_name
from connectors.masks import Masks
from connectors.mysql.config import MariaDbConfig, MySqlConfig
from connectors.mysql.unhonoured import NOT_HONOURED as NOT_HONOURED_BY_MYSQL
from connectors.postgres.config import PostgresConfig
from connectors.postgres.unhonoured import NOT_HONOURED
from docs.properties import PAGES

ROOT = Path(__file__).parents[3]
DOCS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
each_page = pytest.mark.parametrize("page", DOCS, ids=lambda p: p.name)

CODE = re.compile(r"`([^`\n]+)`")
METRIC = re.compile(r"\b(?:kafka_connect|debezium_metrics|headgate)_[a-zA-Z_]+")
NOT_METRICS = {"headgate_tx_lsn", "headgate_tx_index", "headgate_system_id", "headgate_timeline", "headgate_version",
               "headgate_server_uuid", "headgate_xa"}
"""Keys of offsets, a member of ``GET /``."""
NOT_OURS = {
    "max.message.bytes", "message.max.bytes", "auto.create.topics.enable", "cleanup.policy", "schema.table",
    "connect.default", "source.version", "ignore.default.for.nullables", "schema.table.column", "offset.storage.file.filename",
}
"""Settings of brokers, topics and the reference, members of records, stand-ins for names, the standalone worker's file."""


def text(page: Path) -> str:
    return page.read_text("utf-8")


def anchors(page: Path) -> set[str]:
    """The names that a forge gives to headings."""
    heads = re.findall(r"^#+ (.+)$", text(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in heads}


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_what_its_generator_prints(name: str) -> None:
    assert (ROOT / "docs" / name).read_text("utf-8") == PAGES[name](), "run python -m docs.properties"


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", text(page)):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path) if path else page
        assert found.exists(), target
        assert not anchor or anchor in anchors(found), target


@each_page
def test_the_project_speaks_of_itself_alone(page: Path) -> None:
    here = [f"{ROOT.parent}/", f"{tempfile.gettempdir()}/"]
    assert [path for path in here if path in text(page)] == []


def property_names() -> set[str]:
    models: tuple[Any, ...] = (WorkerConfig, ConnectorConfig, PostgresConfig, MySqlConfig, MariaDbConfig, AvroConverterConfig)
    definitions = [*(m.definition() for m in models), JsonConverter().config()]
    known: set[str] = {k.name for d in definitions for k in d}
    return known.union(NOT_HONOURED, NOT_HONOURED_BY_MYSQL, CLIENT_KEYS, NATIVE_KEYS, ("plugin.path",))


PROPERTIES = property_names()
PREFIXES = tuple(sorted({p.rsplit(".", n)[0] + "." for p in PROPERTIES for n in range(1, p.count(".") + 1)}))
CARRIERS = re.compile(
    r"^((producer|consumer|admin)\.(override\.)?|(key|value|header)\.converter\.|(listeners|admin\.listeners)\.https\."
    r"|(config|offset|status)\.storage\.)")


def mentioned_properties(page: Path) -> Iterator[str]:
    """Words in code style that look like a property of a family that exists: `slot.name`, `errors.tolerance=all`."""
    for code in CODE.findall(text(page)):
        word = code.split("=")[0].strip()
        if re.fullmatch(r"[a-z][a-zA-Z0-9]*(\.[a-z0-9][a-zA-Z0-9_-]*)+", word) and word.startswith(PREFIXES):
            yield word


FILES = re.compile(r"\.(py|md|properties|json|pem|so|log|jks)$")


def is_module_or_group(name: str) -> bool:
    """A Python module (`connect.api`), also as a logger, or a group of entry points (`headgate.connectors`)."""
    if any(group.group == name for group in entry_points().select(group=name)):
        return True
    return name.split(".")[0] in ("connect", "connectors", "schemas", "rest") and find_spec(name) is not None


@each_page
def test_properties_named_exist(page: Path) -> None:
    for name in mentioned_properties(page):
        plain = CARRIERS.sub("", name)
        known = {name, plain} & (PROPERTIES | NOT_OURS) or Masks.recognises(name)
        assert known or FILES.search(name) or name.startswith("topic.creation.") or is_module_or_group(name), name


@each_page
def test_metrics_named_exist(page: Path) -> None:
    served = served_names()
    for name in set(METRIC.findall(text(page))) - NOT_METRICS:
        assert name in served or any(s.startswith(name) for s in served if name.endswith("_")), name


def served_names() -> set[str]:
    """Names in the code that sends them: what the meters hold, and what tasks set by their short names."""
    found: set[str] = set()
    for file in [ROOT / "connect/tasks/meters.py", ROOT / "connect/cli/measuring.py"]:
        found |= set(re.findall(r'"((?:kafka_connect|headgate)_[a-z_]+)"', text(file)))
    for file in (ROOT / "connectors").rglob("*.py"):
        found |= {metric_name(n) for n in re.findall(r'\.metric\(\s*"([a-zA-Z_]+)"', text(file))}
    states = ("total", "running", "paused", "failed", "unassigned", "destroyed", "restarting")
    return found - NOT_METRICS | {f"kafka_connect_worker_connector_{s}_task_count" for s in states}


def test_every_metric_that_is_sent_is_described() -> None:
    page = text(ROOT / "docs" / "metrics.md")
    missing = {n for n in served_names() if n not in page and not n.startswith("kafka_connect_worker_connector_")}
    assert not missing


@each_page
def test_failpoints_named_exist(page: Path) -> None:
    families = {n.split(".")[0] + "." for n in FAILPOINTS}
    for code in CODE.findall(text(page)):
        if re.fullmatch(r"[a-z]+\.(before|after)_[a-z_]+", code) and code.startswith(tuple(families)):
            assert code in FAILPOINTS, code


def test_every_recorded_deviation_is_explained() -> None:
    page = text(ROOT / "docs" / "compatibility.md")
    files = (ROOT / "tests/golden/deviations").glob("*/*.txt")
    cases = {f.stem if f.parent.name == "postgres" else f"{f.parent.name}/{f.stem}" for f in files}
    assert {c for c in cases if f"`{c}`" not in page} == set()


def test_every_property_with_a_prefix_of_ours_is_told() -> None:
    pages = "".join(map(text, DOCS))
    ours = {k.name for k in WorkerConfig.definition() if k.name.startswith("headgate.")}
    assert {name for name in ours if name not in pages} == set()


def rest_paths() -> set[str]:
    """The paths of the API, parameters as `*`."""
    from rest.app import create_app
    from rest.settings import RestSettings
    from tests.unit.rest.fake_herder import FakeHerder

    spec = create_app(FakeHerder(), RestSettings()).openapi()
    return {re.sub(r"\{[^}]+\}", "*", p) for p in spec["paths"]} | {"/ui", "/docs", "/openapi.json"}


@pytest.fixture(scope="module")
def paths() -> set[str]:
    return rest_paths()


@each_page
def test_rest_paths_named_exist(page: Path, paths: set[str]) -> None:
    """`GET /connectors/NAME/status`: words in capitals, in <> or … stand for a name."""
    for code in CODE.findall(text(page)):
        m = re.match(r"(?:GET|PUT|POST|PATCH|DELETE) (/\S*)", code)
        if m is None:
            continue
        names = r"(?<=/)(<[^/>]+>|[A-Z][A-Z0-9]*|…|[0-9]+|PostgresConnector|MySqlConnector)(?=/|$)"
        path = re.sub(names, "*", m[1].partition("?")[0])
        assert any(re.fullmatch(re.escape(p).replace(r"\*", "[^/]+"), path) for p in paths), code
