"""What of the configuration decides how types appear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from connectors.mysql.structure import Flavor

__all__ = ["TypeOptions", "TypeSettings"]


class TypeSettings(Protocol):
    """The attributes of a connector's configuration that are asked here."""

    @property
    def flavor(self) -> Flavor: ...  # noqa: D102
    @property
    def decimal_handling_mode(self) -> str: ...  # noqa: D102
    @property
    def binary_handling_mode(self) -> str: ...  # noqa: D102
    @property
    def time_precision_mode(self) -> str: ...  # noqa: D102
    @property
    def bigint_unsigned_handling_mode(self) -> str: ...  # noqa: D102
    @property
    def time_adjuster(self) -> bool: ...  # noqa: D102
    @property
    def unavailable_value_placeholder(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class TypeOptions:
    """The handling modes by their configured words; ``time_adjuster``: years 0..99 of dates become 1970..2069.
    ``placeholder`` stands for a large value that is not in the log (``binlog_row_image=NOBLOB``)."""

    decimal: str = "precise"
    binary: str = "bytes"
    time: str = "adaptive_time_microseconds"
    bigint_unsigned: str = "long"
    time_adjuster: bool = True
    flavor: Flavor = Flavor.MYSQL
    placeholder: bytes = b"__debezium_unavailable_value"

    @classmethod
    def of(cls, settings: TypeSettings) -> TypeOptions:
        """Those of a connector."""
        text = settings.unavailable_value_placeholder
        placeholder = bytes.fromhex(text[4:]) if text.startswith("hex:") else text.encode()
        return cls(settings.decimal_handling_mode, settings.binary_handling_mode, settings.time_precision_mode,
                   settings.bigint_unsigned_handling_mode, settings.time_adjuster, settings.flavor, placeholder)

    @property
    def placeholder_text(self) -> str:
        """The placeholder where a text is expected."""
        return self.placeholder.decode("utf-8", "replace")
