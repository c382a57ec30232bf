"""TLS, client certificates and passwords against a real HTTPS server that wants them."""

import base64
import datetime
import ipaddress
import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from schemas.registry import RegistryClient, RegistryRefused, RegistrySettings, RegistryUnavailable

pytestmark = pytest.mark.integration

PASSWORD = "key-password"


@dataclass
class Papers:
    """PEM files of an authority and of what it signed."""

    ca: Path
    server: Path
    client: Path
    client_key: Path


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certificate(subject: str, key: ec.EllipticCurvePrivateKey, issuer: str, by: ec.EllipticCurvePrivateKey, ca: bool) -> bytes:
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer)).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
    made = made.not_valid_after(now + datetime.timedelta(days=1))
    made = made.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
    made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    made = made.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
    if ca:
        made = made.add_extension(x509.KeyUsage(True, False, False, False, False, True, True, False, False), critical=True)
    return made.sign(by, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def private(key: ec.EllipticCurvePrivateKey, password: str | None = None) -> bytes:
    lock = serialization.BestAvailableEncryption(password.encode()) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    folder = tmp_path_factory.mktemp("papers")
    authority, server, client = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    made = Papers(folder / "ca.pem", folder / "server.pem", folder / "client.pem", folder / "client.key")
    made.ca.write_bytes(certificate("authority", authority, "authority", authority, True))
    made.server.write_bytes(certificate("server", server, "authority", authority, False) + private(server))
    made.client.write_bytes(certificate("client", client, "authority", authority, False))
    made.client_key.write_bytes(private(client, PASSWORD))
    return made


@dataclass
class Secured:
    url: str
    seen: list[str] = field(default_factory=list)


@pytest.fixture
def secured(papers: Papers) -> Iterator[Secured]:
    """An HTTPS server that wants a client certificate and the user me with the password secret."""
    state = Secured("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            given = self.headers.get("Authorization", "")
            state.seen.append(given)
            good = given == "Basic " + base64.b64encode(b"me:secret").decode()
            body = json.dumps(["s"] if good else {"error_code": 40101, "message": "Unauthorized"}).encode()
            self.send_response(200 if good else 401)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(papers.server)
    context.load_verify_locations(papers.ca)
    context.verify_mode = ssl.CERT_REQUIRED

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """A refused handshake is what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    state.url = f"https://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


def client(secured: Secured, **settings: object) -> RegistryClient:
    return RegistryClient(RegistrySettings.parse(secured.url, retries=0, **settings))


@pytest.mark.parametrize("inline", [False, True])
def test_certificates_as_files_and_as_text_open_the_door(secured: Secured, papers: Papers, inline: bool) -> None:
    given = {"ca": papers.ca, "certificate": papers.client, "private_key": papers.client_key}
    texts = {k: p.read_text() if inline else str(p) for k, p in given.items()}
    registry = client(secured, user_info="me:secret", private_key_password=PASSWORD, **texts)
    assert registry.subjects() == ["s"]
    registry.close()


def test_an_authority_that_is_not_trusted_is_told(secured: Secured) -> None:
    registry = client(secured, user_info="me:secret")
    with pytest.raises(RegistryUnavailable, match="certificate verify failed"):
        registry.subjects()
    assert secured.seen == []
    registry.close()


def test_without_its_certificate_the_client_is_not_let_in(secured: Secured, papers: Papers) -> None:
    registry = client(secured, user_info="me:secret", ca=str(papers.ca))
    with pytest.raises(RegistryUnavailable):
        registry.subjects()
    assert secured.seen == []
    registry.close()


def test_a_wrong_password_is_refused_and_does_not_show(secured: Secured, papers: Papers) -> None:
    registry = client(
        secured, user_info="me:topsecret", ca=str(papers.ca), certificate=str(papers.client), private_key=str(papers.client_key),
        private_key_password=PASSWORD)
    with pytest.raises(RegistryRefused, match="Unauthorized") as raised:
        registry.subjects()
    assert "topsecret" not in str(raised.value)
    registry.close()


def test_a_wrong_key_password_is_found_when_opened_and_does_not_show(secured: Secured, papers: Papers) -> None:
    registry = client(
        secured, ca=str(papers.ca), certificate=str(papers.client), private_key=str(papers.client_key),
        private_key_password="topsecret")
    with pytest.raises(ValueError, match="client certificate and key") as raised:
        registry.open()
    assert "topsecret" not in str(raised.value)
