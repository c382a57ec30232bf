"""What must be known before anything is sent: the topics' leaders, and the producer's id. Asked for, and asked for again."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence

from connect.kafka.produce.cluster import Cluster
from connect.kafka.produce.connection import Connection, Handler
from connect.kafka.produce.links import Link, Links
from connect.kafka.produce.news import Fatal, Trouble
from connect.kafka.produce.outcomes import UNKNOWN_SERVER_ERROR, Outcome, outcome_of
from connect.kafka.produce.protocol import (
    INIT_PRODUCER_ID,
    METADATA,
    ProducerId,
    init_producer_id,
    metadata,
    read_init_producer_id,
    read_metadata,
    request,
)
from connect.kafka.produce.settings import ProducerSettings

__all__ = ["Inquiry", "Send"]

Send = Callable[[Link, Connection, int, Sequence[bytes], Handler], None]
"""Sends a request on a link's connection, with its number; the handler gets the answer."""

_SOON = 1.0
"""Seconds after which to look again at what is under way."""


class Inquiry:
    """Asks brokers what is not known, one question of a kind at a time. Used by the producer's thread.

    ``send`` sends a request; ``learned`` is called with the topics that an answer told of; ``tell`` with Trouble, and with
    Fatal when there will never be an id.
    """

    def __init__(self, settings: ProducerSettings, client_id: str, cluster: Cluster, links: Links, send: Send,
                 learned: Callable[[Sequence[str]], None], tell: Callable[[Trouble | Fatal], None]) -> None:
        self.producer: ProducerId | None = None
        """The producer's id, None until a broker gave one."""
        self._settings = settings
        self._client_id = client_id
        self._cluster, self._links = cluster, links
        self._send, self._learned, self._tell = send, learned, tell
        self._asking_id = self._asking_metadata = False
        self._id_due = 0.0
        self._turn = itertools.count()

    @property
    def asking(self) -> bool:
        """Whether an answer is waited for."""
        return self._asking_id or self._asking_metadata

    def ask(self, now: float, due: list[float]) -> None:
        """Ask what is due; when to look again is appended to ``due``."""
        at = self._cluster.due()
        if at is None:
            return
        if at > now:
            due.append(at)
        need_id = self.producer is None and not self._asking_id
        if need_id and self._id_due > now:
            due.append(self._id_due)
            need_id = False
        need_metadata = at <= now and not self._asking_metadata
        if not need_id and not need_metadata:
            return
        link = self._any(now, due)
        if link is None:
            return
        if need_metadata:
            self._asking_metadata = True
            self._request(link, METADATA, metadata(self._cluster.asking(now)), self._metadata)
        if need_id and link.connection is not None:
            self._asking_id = True
            self._request(link, INIT_PRODUCER_ID, init_producer_id(), self._id)

    def _any(self, now: float, due: list[float]) -> Link | None:
        """A link that is open; when there is none, one that is known of is opened."""
        for link in self._links:
            if link.connection is not None:
                return link
        addresses = list(dict.fromkeys([*self._settings.bootstrap, *self._cluster.brokers.values()]))
        links = [self._links.to(a) for a in addresses]
        if links and not any(link.opening for link in links):
            link = links[next(self._turn) % len(links)]
            self._links.open(link, now)
            due.append(link.not_before if now < link.not_before else now + _SOON)
            if now < link.not_before:
                due.append(min(other.not_before for other in links))
        return None

    def _request(self, link: Link, api: tuple[int, int], body: bytes, handler: Handler) -> None:
        connection = link.connection
        assert connection is not None
        number = connection.correlation()
        self._send(link, connection, number, [request(api, number, self._client_id, body)], handler)

    def _metadata(self, answer: bytes | None) -> None:
        self._asking_metadata = False
        now = time.monotonic()
        if answer is None:
            self._cluster.doubt(now)
            return
        found = read_metadata(answer)
        self._cluster.learn(found, now)
        self._learned(list(found.topics))

    def _id(self, answer: bytes | None) -> None:
        self._asking_id = False
        self._id_due = time.monotonic() + self._settings.backoff
        if answer is None:
            return
        error, producer = read_init_producer_id(answer)
        outcome = outcome_of(error)
        if error == 0:
            self.producer = producer
        elif outcome in (Outcome.FATAL, Outcome.REFUSED) and error != UNKNOWN_SERVER_ERROR:
            self._tell(Fatal(error, "the broker gives no producer id"))
        else:
            self._tell(Trouble(error, "the broker gives no producer id yet"))
