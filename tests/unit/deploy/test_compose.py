"""docker-compose.yml and the connectors beside it fit together: nobody runs them here."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.mysql.config import MariaDbConfig, MySqlConfig
from connectors.postgres.config import PostgresConfig

ROOT = Path(__file__).parents[3]
SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
DATABASES = {
    "postgres": (PostgresConfig, "POSTGRES_{}", "DB"), "mysql": (MySqlConfig, "MYSQL_{}", "DATABASE"),
    "mariadb": (MariaDbConfig, "MARIADB_{}", "DATABASE"),
}
each_database = pytest.mark.parametrize("name", DATABASES)


def test_the_worker_waits_for_every_other_service_to_be_healthy() -> None:
    waited = SERVICES["worker"]["depends_on"]
    assert set(waited) == set(SERVICES) - {"worker"}
    assert all(how == {"condition": "service_healthy"} for how in waited.values())
    assert all("healthcheck" in SERVICES[name] for name in waited)


def test_files_that_are_mounted_or_built_exist() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", ()):
            assert (ROOT / volume.split(":")[0]).is_file()
    assert (ROOT / SERVICES["worker"]["build"]["dockerfile"]).is_file()


def test_no_two_services_want_the_same_port() -> None:
    ports = [port.rsplit(":", 1)[0] for service in SERVICES.values() for port in service.get("ports", ())]
    assert len(ports) == len(set(ports))


@each_database
def test_a_connector_of_deploy_fits_its_service(name: str) -> None:
    model, variable, database = DATABASES[name]
    document = json.loads((ROOT / "deploy" / "connectors" / f"{name}.json").read_text())
    config = model.from_props(document["config"])
    environment = SERVICES[config.hostname]["environment"]
    assert document["name"] == config.topic_prefix == name
    assert str(config.port) == SERVICES[config.hostname]["ports"][0].rsplit(":", 1)[1]
    assert config.user == environment[variable.format("USER")]
    assert config.password == environment[variable.format("PASSWORD")]
    assert environment[variable.format(database)] == "shop"


@pytest.mark.parametrize("name", ["mysql", "mariadb"])
def test_the_binary_log_needs_no_schema_history_and_the_reader_has_a_number_of_its_own(name: str) -> None:
    options = dict(option.removeprefix("--").split("=") for option in SERVICES[name]["command"])
    assert options["binlog-row-metadata"] == options["binlog-row-image"] == "FULL"
    config = json.loads((ROOT / "deploy" / "connectors" / f"{name}.json").read_text())["config"]
    assert config["database.server.id"] != options["server-id"]
