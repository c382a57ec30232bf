"""Who is in the cluster, who leads, and what is assigned to this worker.

The herder asks only through :class:`Membership`. A cluster of one is :class:`SoloMembership`; a group of workers is another
implementation of the same protocol.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from connect.tasks.spec import TaskKey

__all__ = ["Membership", "SoloMembership"]


class Membership(Protocol):
    """Answers are for now; ``on_change`` is called in the event loop whenever one of them may have changed."""

    async def start(self, on_change: Callable[[], None]) -> None:
        """Join. Returns when there is an assignment. Raises RetriableError."""
        ...

    async def stop(self) -> None:
        """Leave, so that others take over at once. Call when everything is stopped."""
        ...

    @property
    def generation(self) -> int:
        """Number of the assignment; grows."""
        ...

    @property
    def is_leader(self) -> bool:
        """Whether this worker decides."""
        ...

    @property
    def leader_url(self) -> str | None:
        """Where requests for the leader go; None while there is none."""
        ...

    def owns_connector(self, name: str) -> bool:
        """Whether this worker plans this connector."""
        ...

    def owns_task(self, key: TaskKey) -> bool:
        """Whether this worker runs this task."""
        ...


class SoloMembership:
    """A cluster of one: always the leader, owns everything, generation 1."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def start(self, on_change: Callable[[], None]) -> None:
        """See Membership."""

    async def stop(self) -> None:
        """See Membership."""

    @property
    def generation(self) -> int:
        """See Membership."""
        return 1

    @property
    def is_leader(self) -> bool:
        """See Membership."""
        return True

    @property
    def leader_url(self) -> str | None:
        """See Membership."""
        return self._url

    def owns_connector(self, name: str) -> bool:
        """See Membership."""
        return True

    def owns_task(self, key: TaskKey) -> bool:
        """See Membership."""
        return True
