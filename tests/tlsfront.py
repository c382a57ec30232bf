"""TLS before a PostgreSQL server that has none."""

from __future__ import annotations

import datetime
import select
import socket
import ssl
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_REQUEST = 8
"""Bytes of an SSLRequest, which is answered by one (PostgreSQL documentation, "SSL Session Encryption")."""


def _papers(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "front")])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
    signed = made.not_valid_after(now + datetime.timedelta(days=1)).sign(key, hashes.SHA256())
    file = folder / "front.pem"
    file.write_bytes(signed.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return file


class TlsFront:
    """Takes one connection after the other, with TLS only, and passes it on in plain text."""

    def __init__(self, host: str, port: int, folder: Path) -> None:
        self._target = (host, port)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(_papers(folder))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                client.recv(_REQUEST, socket.MSG_WAITALL)
                client.sendall(b"S")
                with self._context.wrap_socket(client, server_side=True) as secured, \
                        socket.create_connection(self._target) as server:
                    _pass(secured, server)
            except OSError:
                client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


def _pass(secured: ssl.SSLSocket, server: socket.socket) -> None:
    """Both ways, until one end has ended; by one thread, as a TLS socket is not for two."""
    routes: dict[socket.socket, socket.socket] = {secured: server, server: secured}
    while True:
        ready = [secured] if secured.pending() else select.select(routes, [], [])[0]
        for source in ready:
            data = source.recv(1 << 16)
            if not data:
                return
            routes[source].sendall(data)
