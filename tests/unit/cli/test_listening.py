"""The sockets of the REST API."""

from __future__ import annotations

import socket

from connect.cli.listening import listen
from connect.config.worker import WorkerConfig

PROPS = {
    "bootstrap.servers": "localhost:9092", "group.id": "g", "config.storage.topic": "c", "offset.storage.topic": "o",
    "status.storage.topic": "s", "key.converter": "json", "value.converter": "json", "listeners": "http://127.0.0.1:0",
}


def test_the_second_write_of_an_answer_does_not_wait_for_an_acknowledgement_of_the_first() -> None:
    (listening,) = listen(WorkerConfig.from_props(PROPS))
    with listening.socket as server, socket.create_connection(server.getsockname()):
        accepted, _ = server.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
