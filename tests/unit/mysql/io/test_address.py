"""TLS contexts from the words and files of a configuration; literals and statements."""

from __future__ import annotations

import datetime
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from connect.api.errors import ConnectError
from connectors.mysql.address import Address, Tls, pins, quote_identifier, quote_value, split_statements, tls_context
from connectors.mysql.session import parse_version


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One key and certificate as PEM, PKCS12 with and without the key, and something that looks like a JKS store."""
    folder = tmp_path_factory.mktemp("stores")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "headgate test")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256()))
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    secret = serialization.BestAvailableEncryption(b"s3cret")
    (folder / "trust.pem").write_bytes(pem)
    (folder / "key.pem").write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, secret) + pem)
    (folder / "trust.p12").write_bytes(pkcs12.serialize_key_and_certificates(None, None, None, [certificate], secret))
    (folder / "key.p12").write_bytes(pkcs12.serialize_key_and_certificates(b"k", key, certificate, None, secret))
    (folder / "store.jks").write_bytes(b"\xfe\xed\xfe\xed\0\0\0\2")
    (folder / "empty.pem").write_bytes(b"")
    return folder


@pytest.mark.parametrize(("mode", "verify", "names"), [
    ("preferred", ssl.CERT_NONE, False), ("required", ssl.CERT_NONE, False), ("trust", ssl.CERT_NONE, False),
    ("verify_ca", ssl.CERT_REQUIRED, False), ("verify-ca", ssl.CERT_REQUIRED, False),
    ("verify_identity", ssl.CERT_REQUIRED, True), ("verify-full", ssl.CERT_REQUIRED, True)])
def test_modes(mode: str, verify: ssl.VerifyMode, names: bool) -> None:
    context = tls_context(Tls(mode))
    assert context is not None
    assert (context.verify_mode, context.check_hostname) == (verify, names)


def test_no_context_without_encryption() -> None:
    assert tls_context(Tls("disabled")) is None
    assert tls_context(Tls("disable")) is None


def test_an_unknown_mode_is_named() -> None:
    with pytest.raises(ConnectError, match=r"database\.ssl\.mode=maybe.*verify_identity"):
        tls_context(Tls("maybe"))


@pytest.mark.parametrize("store", ["trust.pem", "trust.p12"])
def test_a_truststore_is_trusted(stores: Path, store: str) -> None:
    context = tls_context(Tls("verify_ca", truststore=str(stores / store), truststore_password="s3cret"))
    assert context is not None
    assert [dict(x[0] for x in c["subject"]) for c in context.get_ca_certs()] == [{"commonName": "headgate test"}]  # type: ignore[misc]


@pytest.mark.parametrize("store", ["key.pem", "key.p12"])
def test_a_keystore_is_read(stores: Path, store: str) -> None:
    assert tls_context(Tls("required", keystore=str(stores / store), keystore_password="s3cret")) is not None


@pytest.mark.parametrize(("tls", "says"), [
    (Tls("verify_ca", truststore="store.jks"), r"truststore: .*JKS.*keytool -importkeystore"),
    (Tls("required", keystore="store.jks"), r"keystore: .*JKS.*PKCS12"),
    (Tls("verify_ca", truststore="nowhere.pem"), r"truststore: .*nowhere\.pem cannot be read"),
    (Tls("verify_ca", truststore="empty.pem"), r"truststore.*PEM or PKCS12"),
    (Tls("verify_ca", truststore="trust.p12", truststore_password="wrong"), r"truststore.*database\.ssl\.truststore\.password"),
    (Tls("required", keystore="key.pem", keystore_password="wrong"), r"keystore.*database\.ssl\.keystore\.password"),
    (Tls("required", keystore="key.p12", keystore_password="wrong"), r"keystore.*database\.ssl\.keystore\.password"),
    (Tls("required", keystore="trust.p12", keystore_password="s3cret"), r"has no private key"),
    (Tls("required", keystore="trust.pem"), r"keystore.*PEM or PKCS12"),
])
def test_stores_that_cannot_be_used_are_named_without_secrets(stores: Path, tls: Tls, says: str) -> None:
    found = Tls(tls.mode, tls.keystore and str(stores / tls.keystore), tls.keystore_password,
                tls.truststore and str(stores / tls.truststore), tls.truststore_password)
    with pytest.raises(ConnectError, match=says) as caught:
        tls_context(found)
    assert "s3cret" not in str(caught.value)


def test_nothing_secret_is_printed() -> None:
    address = Address("db", 3306, "cdc", "s3cret", Tls("required", "k", "s3cret", "t", "s3cret"))
    assert "s3cret" not in repr(address) + str(address)


@pytest.mark.parametrize(("value", "literal"), [
    (None, "NULL"), (5, "5"), (True, "1"), ("", "''"), ("it's", r"'it\'s'"), ("a\\b\n\0", r"'a\\b\n\0'"),
    (b"\x00\xff", "X'00ff'"),
    (b"", "''")])
def test_literals(value: str | bytes | int | None, literal: str) -> None:
    assert quote_value(value) == literal


def test_names() -> None:
    assert quote_identifier("a`b") == "`a``b`"


def test_initial_statements() -> None:
    assert split_statements("SET a=1; SET b=';;' ;;; ;") == ["SET a=1", "SET b=';' ;"]
    assert split_statements(None) == []


@pytest.mark.parametrize(("text", "version"), [
    ("8.0.36-28", (8, 0, 36)), ("9.7.4-2", (9, 7, 4)), ("5.5.5-10.11.18-MariaDB-0+deb12u1-log", (10, 11, 18)),
    ("11.4.2-MariaDB", (11, 4, 2)), ("8.4.0", (8, 4, 0)), ("odd", ())])
def test_versions(text: str, version: tuple[int, ...]) -> None:
    assert parse_version(text) == version


def test_statement_timeouts_by_family() -> None:
    assert "max_execution_time = 1500" in " ".join(pins(False, (8, 4, 0), 1.5))
    assert "max_statement_time = 1.500" in " ".join(pins(True, (10, 11, 0), 1.5))
    assert "show_gipk" not in " ".join(pins(False, (8, 0, 29), 0))
