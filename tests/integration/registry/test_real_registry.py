"""The client against a real Apicurio Registry through its Confluent-compatible API."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from schemas.registry import RegistryClient, RegistryRefused, RegistrySettings
from schemas.subjects import SchemaRefused, SubjectIds, SubjectRules

pytestmark = pytest.mark.integration


def record(**fields: str) -> str:
    members = [{"name": n, "type": t} for n, t in fields.items()]
    return json.dumps({"type": "record", "name": "V", "namespace": "x", "fields": members})


A, B = record(a="int"), record(a="string")


@pytest.fixture
def client(registry: Any) -> Iterator[RegistryClient]:
    made = RegistryClient(registry.url)
    yield made
    made.close()


@pytest.fixture
def subject() -> str:
    return f"registry-test-{uuid.uuid4().hex[:8]}-value"


def backward(url: str, subject: str) -> None:
    """Let the registry refuse what older readers' data cannot be read with."""
    httpx.put(f"{url}/config/{subject}", json={"compatibility": "BACKWARD"}).raise_for_status()


def test_a_schema_is_registered_once_and_found_by_id_subject_and_version(client: RegistryClient, subject: str) -> None:
    schema_id = client.register(subject, A)
    assert client.register(subject, A) == schema_id
    assert json.loads(client.schema(schema_id)) == json.loads(A)
    newest = client.latest(subject)
    assert newest is not None and (newest.subject, newest.version, newest.id) == (subject, 1, schema_id)
    assert client.version(subject, 1) == newest
    assert client.versions(subject) == [1]
    assert subject in client.subjects()
    found = client.find(subject, A)
    assert found is not None and found.id == schema_id


def test_a_second_schema_is_a_second_version(client: RegistryClient, subject: str) -> None:
    assert client.register(subject, A) != client.register(subject, B)
    assert client.versions(subject) == [1, 2]


def test_what_is_not_there_is_none(client: RegistryClient, subject: str) -> None:
    assert client.latest(subject) is None
    assert client.versions(subject) == []
    assert client.find(subject, A) is None
    client.register(subject, A)
    assert client.find(subject, B) is None
    assert client.version(subject, 9) is None
    with pytest.raises(RegistryRefused, match="40403"):
        client.schema(2**31 - 1)


def test_a_subject_with_special_characters_is_one_subject(client: RegistryClient, subject: str) -> None:
    strange = f"a/b c%é-{subject}"
    client.register(strange, A)
    assert client.versions(strange) == [1]


def test_an_incompatible_schema_is_refused_with_the_difference(client: RegistryClient, registry: Any, subject: str) -> None:
    ids = SubjectIds(client)
    ids.id_of(subject, A)
    backward(registry.url, subject)
    assert client.incompatibilities(subject, B)
    assert client.incompatibilities(subject, A) == []
    with pytest.raises(SchemaRefused) as raised:
        ids.id_of(subject, B)
    text = str(raised.value)
    assert subject in text and "not compatible with writer type" in text
    assert "changed a: int → string" in text


def test_a_schema_that_cannot_be_parsed_is_refused(client: RegistryClient, subject: str) -> None:
    with pytest.raises(RegistryRefused) as raised:
        client.register(subject, '{"type":"record","name":"V","fields":[{"name":"a-b","type":"int"}]}')
    assert raised.value.status == 422


def test_rules_hold_on_the_real_registry(client: RegistryClient, subject: str) -> None:
    known = client.register(subject, A)
    assert SubjectIds(client, SubjectRules(auto_register=False)).id_of(subject, A) == known
    with pytest.raises(SchemaRefused, match=r"auto\.register\.schemas is false"):
        SubjectIds(client, SubjectRules(auto_register=False)).id_of(subject, B)
    assert SubjectIds(client, SubjectRules(use_latest=True)).id_of(subject, A) == known
    with pytest.raises(SchemaRefused, match="lays out its data differently"):
        SubjectIds(client, SubjectRules(use_latest=True)).id_of(subject, B)
    assert client.versions(subject) == [1]


def test_a_dead_url_is_passed_over(registry: Any, subject: str) -> None:
    client = RegistryClient(RegistrySettings.parse(f"http://127.0.0.1:9,{registry.url}"))
    assert client.register(subject, A) == client.register(subject, A)
    client.close()


def test_a_wrong_path_is_told(registry: Any) -> None:
    client = RegistryClient(registry.url + "/nowhere")
    with pytest.raises(RegistryRefused, match="HTTP 404"):
        client.subjects()
    client.close()
