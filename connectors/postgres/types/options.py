"""What of the configuration decides how PostgreSQL's types appear."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.postgres.config import PostgresConfig

__all__ = ["TypeOptions"]


@dataclass(frozen=True, slots=True)
class TypeOptions:
    """What of the configuration decides how types appear."""

    decimal: str = "precise"
    binary: str = "bytes"
    time: str = "adaptive"
    hstore: str = "json"
    interval: str = "numeric"
    money_digits: int = 2
    unknown: bool = False
    placeholder: bytes = b"__debezium_unavailable_value"

    @classmethod
    def of(cls, config: PostgresConfig) -> TypeOptions:
        """Those of a connector."""
        text = config.unavailable_value_placeholder
        placeholder = bytes.fromhex(text[4:]) if text.startswith("hex:") else text.encode()
        return cls(config.decimal_handling_mode, config.binary_handling_mode, config.time_precision_mode,
                   config.hstore_handling_mode, config.interval_handling_mode, config.money_fraction_digits,
                   config.include_unknown_datatypes, placeholder)

    @property
    def placeholder_text(self) -> str:
        """The placeholder where a text is expected."""
        return self.placeholder.decode("utf-8", "replace")
