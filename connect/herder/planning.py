"""A connector's planning: asking it for task configurations beside everything else, again and again while that may help."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from connect.api.errors import ConfigError, ConnectError, RetriableError
from connect.herder.plugin_calls import PluginCalls

__all__ = ["Outcome", "Planning", "trace_of"]

logger = logging.getLogger(__name__)
_FIRST_RETRY, _LAST_RETRY = 1.0, 60.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What planning came to for one configuration: either ``planned`` or the ``error``."""

    config: Mapping[str, str]
    planned: tuple[Mapping[str, str], ...] | None = None
    error: Exception | None = None


def trace_of(error: BaseException) -> str:
    """The text of a FAILED status: headline and, when the error travelled from a child process, its trace there."""
    notes = [n for n in getattr(error, "__notes__", ()) if n.strip()]
    return "\n".join(dict.fromkeys([f"{type(error).__name__}: {error}", *notes])).rstrip()


class Planning:
    """One planning at a time. ``on_outcome`` is called in the loop for every outcome, also for each failed try."""

    def __init__(self, name: str, calls: PluginCalls, on_outcome: Callable[[], None]) -> None:
        self._name = name
        self._calls = calls
        self._on_outcome = on_outcome
        self._work: asyncio.Task[None] | None = None
        self._config: Mapping[str, str] | None = None
        self.outcome: Outcome | None = None
        """The newest; None while the first try of a configuration is under way."""

    @property
    def busy(self) -> bool:
        """Whether an answer is awaited (retries after a failure do not count)."""
        return self._work is not None and not self._work.done() and self.outcome is None

    def begin(self, config: Mapping[str, str]) -> None:
        """Plan this configuration; what was under way is given up."""
        if self.busy and config == self._config:
            return
        self.cancel()
        self._config = config
        self._work = asyncio.create_task(self._plan(config), name=f"plan-{self._name}")

    def cancel(self) -> None:
        """Give up, and forget the outcome."""
        if self._work is not None:
            self._work.cancel()
        self._work = self._config = self.outcome = None

    async def _plan(self, config: Mapping[str, str]) -> None:
        delay = _FIRST_RETRY
        while True:
            try:
                self.outcome = Outcome(config, tuple(await self._calls.plan(config)))
                again = False
            except TimeoutError:
                again = True
                self.outcome = Outcome(config, error=ConnectError(
                    f"connector {self._name} did not plan its tasks within {self._calls.limit:g} s and its process was ended "
                    "(headgate.plugin.call.timeout.ms); trying again"
                ))
            except RetriableError as e:
                again = True
                self.outcome = Outcome(config, error=e)
            except (ConnectError, ConfigError) as e:
                again = False
                self.outcome = Outcome(config, error=e)
            except Exception as e:
                again = False
                logger.exception("planning the tasks of connector %s failed", self._name)
                self.outcome = Outcome(config, error=e)
            if self.outcome.error is not None:
                logger.error("connector %s has no plan: %s%s", self._name, self.outcome.error,
                             f"; trying again in {delay:g} s" if again else "")
            self._on_outcome()
            if not again:
                return
            await asyncio.sleep(delay)
            delay = min(delay * 2, _LAST_RETRY)
