import base64
import json
import ssl
from collections.abc import Callable

import httpx
import pytest

from schemas.registry import RegistryClient, RegistryRefused, RegistrySettings, RegistryUnavailable
from schemas.subjects import SchemaRefused, SubjectIds, SubjectRules

Handler = Callable[[httpx.Request], httpx.Response]
A = '{"type":"record","name":"V","namespace":"x","fields":[{"name":"a","type":"int"}]}'
B = '{"type":"record","name":"V","namespace":"x","fields":[{"name":"a","type":"string"}]}'


def client(handler: Handler, urls: str = "http://one:8081/base/", **settings: object) -> tuple[RegistryClient, list[float]]:
    waits: list[float] = []
    made = RegistryClient(RegistrySettings.parse(urls, **settings), waits.append, httpx.MockTransport(handler))
    return made, waits


def answering(status: int, body: object) -> Handler:
    return lambda request: httpx.Response(status, json=body)


def test_registering_posts_the_schema_as_text_and_gives_the_id() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"id": 7})

    registry, _ = client(handler)
    assert registry.register("t/1-value", A) == 7
    assert seen[0].method == "POST"
    assert seen[0].url.raw_path == b"/base/subjects/t%2F1-value/versions"
    assert json.loads(seen[0].content) == {"schema": A}
    assert seen[0].headers["content-type"] == "application/vnd.schemaregistry.v1+json"
    assert "authorization" not in seen[0].headers


def test_normalizing_is_asked_for_in_the_query() -> None:
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(200, json={"id": 7, "version": 1, "schema": A})

    registry, _ = client(handler)
    registry.register("s", A, normalize=True)
    registry.find("s", A, normalize=True)
    assert seen == ["http://one:8081/base/subjects/s/versions?normalize=true", "http://one:8081/base/subjects/s?normalize=true"]


def test_reading_by_id_subject_and_version() -> None:
    routes = {
        "/schemas/ids/7": {"schema": A}, "/subjects": ["s"], "/subjects/s/versions": [1, 2],
        "/subjects/s/versions/latest": {"subject": "s", "version": 2, "id": 7, "schema": A},
        "/subjects/s/versions/1": {"subject": "s", "version": 1, "id": 6, "schema": B},
    }
    registry, _ = client(lambda r: httpx.Response(200, json=routes[r.url.path]), "http://one")
    assert registry.schema(7) == A
    assert registry.subjects() == ["s"]
    assert registry.versions("s") == [1, 2]
    newest, first = registry.latest("s"), registry.version("s", 1)
    assert newest is not None and first is not None
    assert (newest.version, newest.id, first.schema) == (2, 7, B)


def test_what_is_not_there_is_none() -> None:
    registry, waits = client(answering(404, {"error_code": 40401, "message": "Subject not found."}))
    assert registry.latest("s") is None
    assert registry.find("s", A) is None
    assert registry.versions("s") == []
    assert registry.incompatibilities("s", A) == []
    assert waits == []


def test_a_schema_id_that_is_not_there_is_refused_with_the_registrys_words() -> None:
    registry, _ = client(answering(404, {"error_code": 40403, "message": "Schema 9 not found."}))
    with pytest.raises(RegistryRefused, match=r"Schema 9 not found\. \(HTTP 404, code 40403\)") as raised:
        registry.schema(9)
    assert (raised.value.status, raised.value.code, raised.value.retriable) == (404, 40403, False)


@pytest.mark.parametrize(("answer", "expected"), [
    ({"is_compatible": True}, []), ({"is_compatible": False, "messages": ["reader type"]}, ["reader type"]),
    ({"is_compatible": False}, ["the registry does not say why"]),
])
def test_the_compatibility_check_gives_reasons(answer: object, expected: list[str]) -> None:
    registry, _ = client(answering(200, answer))
    assert registry.incompatibilities("s", A) == expected


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429, 408])
def test_a_passing_fault_is_tried_again_with_growing_pauses(status: int) -> None:
    busy = [httpx.Response(status, text="busy"), httpx.Response(status, json={"message": "x"})]
    answers = [*busy, httpx.Response(200, json={"id": 3})]
    registry, waits = client(lambda r: answers.pop(0))
    assert registry.register("s", A) == 3
    assert waits == [0.2, 0.4]


def test_after_every_try_the_registry_is_unavailable_with_the_cause() -> None:
    registry, waits = client(answering(503, {"error_code": 50003, "message": "no leader"}), retries=2)
    with pytest.raises(RegistryUnavailable, match=r"registering a schema under subject s failed.*no leader.*3 times") as raised:
        registry.register("s", A)
    assert raised.value.retriable
    assert len(waits) == 2


def test_pauses_grow_to_a_limit() -> None:
    registry, waits = client(answering(503, {}), retries=6)
    with pytest.raises(RegistryUnavailable):
        registry.subjects()
    assert waits == [0.2, 0.4, 0.8, 1.6, 2.0, 2.0]


def test_a_refusal_is_not_tried_again() -> None:
    calls: list[int] = []

    def handler(request: httpx.Request) -> httpx.Response:
        calls.append(1)
        return httpx.Response(409, json={"error_code": 409, "message": "incompatible"})

    registry, waits = client(handler)
    with pytest.raises(RegistryRefused, match="incompatible"):
        registry.register("s", A)
    assert (len(calls), waits) == (1, [])


def test_the_next_url_takes_over_and_is_kept() -> None:
    hosts: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        hosts.append(request.url.host)
        if request.url.host == "one":
            raise httpx.ConnectError("refused")
        return httpx.Response(200, json=[])

    registry, waits = client(handler, "http://one, http://two,")
    registry.subjects()
    registry.subjects()
    assert hosts == ["one", "two", "two"]
    assert waits == []


@pytest.mark.parametrize("fault", [
    httpx.ConnectError("refused"), httpx.ReadError("reset"), httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("cut")])
def test_connection_faults_are_passing(fault: httpx.TransportError) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise fault

    registry, _ = client(handler, retries=0)
    with pytest.raises(RegistryUnavailable):
        registry.subjects()


@pytest.mark.parametrize(("urls", "settings", "expected"), [
    ("http://me:se%40cret@one", {}, "Basic " + base64.b64encode(b"me:se@cret").decode()),
    ("http://one", {"user_info": "me:a:b"}, "Basic " + base64.b64encode(b"me:a:b").decode()),
    ("http://me:old@one", {"user_info": "me:new"}, "Basic " + base64.b64encode(b"me:new").decode()),
    ("http://one", {"bearer_token": "tok"}, "Bearer tok"),
])
def test_credentials_are_sent(urls: str, settings: dict[str, str], expected: str) -> None:
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["authorization"])
        return httpx.Response(200, json=[])

    registry, _ = client(handler, urls, **settings)
    registry.subjects()
    assert seen == [expected]


@pytest.mark.parametrize("status", [200, 401, 503])
def test_credentials_never_show(status: int) -> None:
    registry, _ = client(
        lambda r: httpx.Response(status, text="<html>"), "http://me:topsecret@one:1", bearer_token="tokensecret", retries=0)
    with pytest.raises((RegistryRefused, RegistryUnavailable)) as raised:
        registry.subjects()
    shown = f"{raised.value} {raised.value!r} {registry.settings!r}"
    assert "topsecret" not in shown and "tokensecret" not in shown


def test_wrong_credentials_are_refused_with_the_keys_to_check() -> None:
    registry, _ = client(answering(401, {"error_code": 401, "message": "Unauthorized"}))
    with pytest.raises(RegistryRefused, match=r"Unauthorized.*basic\.auth\.user\.info"):
        registry.subjects()


def test_an_answer_that_is_not_json_points_at_the_url() -> None:
    registry, _ = client(lambda r: httpx.Response(200, text="<html>welcome</html>"))
    with pytest.raises(RegistryRefused, match="base URL"):
        registry.subjects()


def test_an_answer_without_what_was_asked_for_is_an_error() -> None:
    registry, _ = client(answering(200, {"nope": 1}))
    with pytest.raises(RegistryRefused, match="'id'"):
        registry.register("s", A)


@pytest.mark.parametrize("urls", ["", " , ", "one:8081", "ftp://one", "http://", "http://user:topsecret@"])
def test_a_url_that_is_none_is_refused_without_its_password(urls: str) -> None:
    with pytest.raises(ValueError, match="URL") as raised:
        RegistrySettings.parse(urls)
    assert "topsecret" not in str(raised.value)


def test_several_urls_lose_their_slash_and_their_credentials() -> None:
    settings = RegistrySettings.parse("http://a:b@one/x/, https://two:1/")
    assert settings.urls == ("http://one/x", "https://two:1")
    assert settings.user_info == "a:b"


@pytest.mark.parametrize("settings", [
    {"ca": "/nowhere/ca.pem"}, {"certificate": "/nowhere/client.pem"},
    {"ca": "-----BEGIN CERTIFICATE-----\ntopsecret\n-----END CERTIFICATE-----\n"},
])
def test_a_certificate_that_cannot_be_read_is_an_error_before_any_call(settings: dict[str, str]) -> None:
    registry, _ = client(answering(200, []), "https://one", **settings)
    with pytest.raises(ValueError, match="expected PEM") as raised:
        registry.open()
    assert "topsecret" not in str(raised.value)


def test_a_closed_client_opens_again() -> None:
    registry = RegistryClient("http://one", transport=httpx.MockTransport(answering(200, [])))
    registry.subjects()
    registry.close()
    registry.close()


class Book:
    """A registry in memory: refuses a new version of another type."""

    def __init__(self, refuse: int = 409) -> None:
        self.refuse = refuse
        self.subjects: dict[str, list[str]] = {}
        self.calls: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(f"{request.method} {request.url.path}")
        parts = request.url.path.strip("/").split("/")
        texts = self.subjects.get(parts[1], [])
        body = json.loads(request.content) if request.content else {}
        if request.method == "GET":
            if not texts:
                return httpx.Response(404, json={"error_code": 40401, "message": "none"})
            newest = {"subject": parts[1], "version": len(texts), "id": 100 + len(texts), "schema": texts[-1]}
            return httpx.Response(200, json=newest)
        if parts[-1] != "versions":
            if body["schema"] in texts:
                at = texts.index(body["schema"]) + 1
                return httpx.Response(200, json={"subject": parts[1], "version": at, "id": 100 + at, "schema": body["schema"]})
            return httpx.Response(404, json={"error_code": 40403, "message": "none"})
        if texts and body["schema"] not in texts:
            return httpx.Response(self.refuse, json={"error_code": self.refuse, "message": "int is not string"})
        self.subjects.setdefault(parts[1], []).append(body["schema"])
        return httpx.Response(200, json={"id": 101})


def ids(book: Book, rules: SubjectRules | None = None) -> SubjectIds:
    return SubjectIds(RegistryClient("http://one", transport=httpx.MockTransport(book)), rules or SubjectRules())


def test_an_id_is_asked_for_once() -> None:
    book = Book()
    known = ids(book)
    assert known.id_of("s", A) == known.id_of("s", A) == 101
    assert book.calls == ["POST /subjects/s/versions"]


@pytest.mark.parametrize("status", [409, 422])
def test_a_refused_schema_tells_the_registrys_reason_and_the_difference(status: int) -> None:
    book = Book(status)
    known = ids(book)
    known.id_of("s", A)
    with pytest.raises(SchemaRefused) as raised:
        known.id_of("s", B)
    text = str(raised.value)
    assert "subject s" in text and "int is not string" in text
    assert "Differences to version 1:\n  changed a: int → string" in text


def test_a_refusal_is_not_remembered() -> None:
    book = Book()
    known = ids(book)
    known.id_of("s", A)
    with pytest.raises(SchemaRefused):
        known.id_of("s", B)
    book.subjects.clear()
    assert known.id_of("s", B) == 101


def test_without_auto_registration_a_known_schema_is_found_and_an_unknown_one_refused() -> None:
    book = Book()
    book.subjects["s"] = [A]
    known = ids(book, SubjectRules(auto_register=False))
    assert known.id_of("s", A) == 101
    with pytest.raises(SchemaRefused, match=r"auto\.register\.schemas"):
        known.id_of("s", B)
    assert all("versions" not in c or c.startswith("GET") for c in book.calls)


def test_the_newest_version_is_used_when_it_lays_out_data_alike() -> None:
    book = Book()
    book.subjects["s"] = [json.dumps({**json.loads(A), "doc": "written by hand"})]
    known = ids(book, SubjectRules(use_latest=True))
    assert known.id_of("s", A) == 101


def test_the_newest_version_of_another_layout_is_refused() -> None:
    book = Book()
    book.subjects["s"] = [A]
    with pytest.raises(SchemaRefused, match="lays out its data differently"):
        ids(book, SubjectRules(use_latest=True)).id_of("s", B)


def test_the_newest_version_of_nothing_is_refused() -> None:
    with pytest.raises(SchemaRefused, match="has no version"):
        ids(Book(), SubjectRules(use_latest=True)).id_of("s", B)


def test_long_differences_are_cut() -> None:
    book = Book()
    fields = [{"name": f"f{i}", "type": "int"} for i in range(40)]
    book.subjects["s"] = [json.dumps({"type": "record", "name": "V", "fields": fields})]
    with pytest.raises(SchemaRefused, match="and 22 more"):
        ids(book).id_of("s", B)


def test_without_tls_no_certificates_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", lambda *_, **__: made.append("load"))
    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", lambda *_, **__: made.append("default"))
    RegistryClient(RegistrySettings.parse("http://one,http://two")).open().close()
    assert not made


def test_many_schemas_are_asked_for_once_each_and_a_refusal_is_told_by_its_own_question() -> None:
    book = Book()
    known = ids(book)
    known.id_of("refused", A)
    assert known.prepare([("s", A), ("t", A), ("s", A), ("refused", B)]) == [101, 101, 101, None]
    asked = sorted(c for c in book.calls if c.startswith("POST"))
    assert asked == [f"POST /subjects/{s}/versions" for s in ("refused", "refused", "s", "t")]
    assert known.id_of("t", A) == 101
    with pytest.raises(SchemaRefused, match="int is not string"):
        known.id_of("refused", B)


def test_of_many_schemas_few_are_asked_for_when_nobody_answers() -> None:
    registry, waits = client(answering(503, {}), retries=1)
    known = SubjectIds(registry)
    assert known.prepare([(f"s{n}", A) for n in range(100)]) == [None] * 100
    assert len(waits) <= 4  # one for each request that was under way
    with pytest.raises(RegistryUnavailable):
        known.id_of("s1", A)
