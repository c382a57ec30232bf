"""Configuration as data: keys with type, default, validator and documentation.

From a definition come parsing, validation, the report of ``/config/validate``, the documentation pages and the error
texts. A plugin declares a :class:`ConfigModel` (pydantic) whose fields are made with :func:`key`; the model's
:meth:`ConfigModel.definition` is the :class:`ConfigDef`. Facts: Kafka's ``ConfigDef``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field

from connect.api.errors import ConfigError

__all__ = ["REQUIRED", "ConfigDef", "ConfigKey", "ConfigModel", "Importance", "KeyType", "ParsedConfig", "Width", "key"]


class _Required:
    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED: Any = _Required()
"""The default of a key that must be given."""


class KeyType(StrEnum):
    """How a key's text is read; the value is the word in validation reports."""

    BOOLEAN = "BOOLEAN"
    STRING = "STRING"
    INT = "INT"
    SHORT = "SHORT"
    LONG = "LONG"
    DOUBLE = "DOUBLE"
    LIST = "LIST"
    CLASS = "CLASS"
    PASSWORD = "PASSWORD"


class Importance(StrEnum):
    """How much a user should care."""

    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"


class Width(StrEnum):
    """How wide a form should draw the field."""

    NONE = "NONE"
    SHORT = "SHORT"
    MEDIUM = "MEDIUM"
    LONG = "LONG"


Validator = Callable[[Any], None]
"""Raises ValueError with the reason when the parsed value is not allowed."""


@dataclass(frozen=True, slots=True)
class ConfigKey:
    """One key. ``recommended`` are the allowed or suggested values; ``one_of`` True refuses others (any case)."""

    name: str
    type: KeyType = KeyType.STRING
    default: Any = REQUIRED
    importance: Importance = Importance.MEDIUM
    doc: str = ""
    group: str | None = None
    order: int = -1
    width: Width = Width.NONE
    display_name: str = ""
    dependents: tuple[str, ...] = ()
    recommended: tuple[str, ...] = ()
    one_of: bool = False
    valid: tuple[Validator, ...] = ()
    internal: bool = False

    @property
    def required(self) -> bool:
        """Whether it has no default."""
        return self.default is REQUIRED

    def parse(self, text: str | None) -> Any:
        """The value of this text. Raises ValueError with Kafka's wording: ``Invalid value V for configuration K: reason``.

        A password's value never appears in the message.
        """
        if text is None:
            if self.required:
                raise ValueError(f'Missing required configuration "{self.name}" which has no default value.')
            return self.default
        try:
            value = parse_value(self.type, text)
            if self.one_of and value is not None:
                value = _member(value, self.recommended)
            for check in self.valid:
                check(value)
        except ValueError as e:
            shown = "[hidden]" if self.type is KeyType.PASSWORD else text
            raise ValueError(f"Invalid value {shown} for configuration {self.name}: {e}") from None
        return value


def _member(value: Any, allowed: Sequence[str]) -> Any:
    for v in value if isinstance(value, list) else [value]:
        if str(v).lower() not in [a.lower() for a in allowed]:
            raise ValueError(f"String must be one of: {', '.join(allowed)}")
    if isinstance(value, list):
        return [next(a for a in allowed if a.lower() == str(v).lower()) for v in value]
    return next(a for a in allowed if a.lower() == str(value).lower())


_RANGES = {
    KeyType.SHORT: (-(2**15), 2**15 - 1, "a 16-bit integer"),
    KeyType.INT: (-(2**31), 2**31 - 1, "a 32-bit integer"),
    KeyType.LONG: (-(2**63), 2**63 - 1, "a 64-bit integer"),
}


def parse_value(kind: KeyType, text: str) -> Any:
    """Read a text as Kafka's ConfigDef does: trimmed, booleans in any case, lists split on commas. Raises ValueError."""
    s = text if kind is KeyType.PASSWORD else text.strip()
    if kind is KeyType.BOOLEAN:
        if s.lower() not in ("true", "false"):
            raise ValueError("Expected value to be either true or false")
        return s.lower() == "true"
    if kind in _RANGES:
        low, high, what = _RANGES[kind]
        try:
            n = int(s)
        except ValueError:
            raise ValueError(f"Not a number of type {kind}: expected {what}") from None
        if not low <= n <= high:
            raise ValueError(f"Not a number of type {kind}: expected {what}")
        return n
    if kind is KeyType.DOUBLE:
        try:
            return float(s)
        except ValueError:
            raise ValueError(f"Not a number of type {kind}") from None
    if kind is KeyType.LIST:
        return [p.strip() for p in s.split(",")] if s else []
    return s


@dataclass(frozen=True, slots=True)
class ParsedConfig:
    """Values by key (of the good ones, defaults included) and error messages by key."""

    values: Mapping[str, Any]
    errors: Mapping[str, list[str]]

    def good(self) -> Mapping[str, Any]:
        """The values. Raises ConfigError if there is an error."""
        if self.errors:
            raise ConfigError(self.errors)
        return self.values


@dataclass(frozen=True, slots=True)
class ConfigDef:
    """An ordered set of keys."""

    keys: tuple[ConfigKey, ...] = ()
    _by_name: dict[str, ConfigKey] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._by_name.update({k.name: k for k in self.keys})

    def __iter__(self) -> Iterator[ConfigKey]:
        return iter(self.keys)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def get(self, name: str) -> ConfigKey | None:
        """The key of that name, or None."""
        return self._by_name.get(name)

    def plus(self, other: Iterable[ConfigKey]) -> ConfigDef:
        """These keys and the others; of two with one name the other's wins, in the first's place."""
        merged = {k.name: k for k in self.keys} | {k.name: k for k in other}
        return ConfigDef(tuple(merged.values()))

    def parse(self, props: Mapping[str, str | None]) -> ParsedConfig:
        """Read every key of the definition out of the properties; others are not looked at."""
        values: dict[str, Any] = {}
        errors: dict[str, list[str]] = {}
        for k in self.keys:
            try:
                values[k.name] = k.parse(props.get(k.name))
            except ValueError as e:
                errors[k.name] = [str(e)]
        return ParsedConfig(values, errors)


def key(
    name: str,
    default: Any = REQUIRED,
    *,
    type: KeyType = KeyType.STRING,
    doc: str = "",
    importance: Importance = Importance.MEDIUM,
    group: str | None = None,
    width: Width = Width.MEDIUM,
    display_name: str = "",
    dependents: Sequence[str] = (),
    recommended: Sequence[str] = (),
    one_of: bool = False,
    valid: Sequence[Validator] = (),
    internal: bool = False,
) -> Any:
    """A field of a ConfigModel that is the configuration key ``name``. ``one_of``: only ``recommended`` values are allowed."""
    info = ConfigKey(
        name, type, default, importance, doc, group, -1, width, display_name or name, tuple(dependents),
        tuple(recommended), one_of, tuple(valid), internal,
    )
    extra: dict[str, Any] = {"headgate_key": info}
    return Field(... if default is REQUIRED else default, alias=name, description=doc, json_schema_extra=extra)


class ConfigModel(BaseModel):
    """A typed configuration. Make one from properties with :meth:`from_props`.

    Fields are declared ``port: int = key("database.port", 5432, type=KeyType.INT, doc=…)``.
    """

    model_config = ConfigDict(frozen=True, populate_by_name=True, arbitrary_types_allowed=True, extra="ignore")
    _definition: ClassVar[ConfigDef | None] = None

    @classmethod
    def definition(cls) -> ConfigDef:
        """The keys of this model in the order of declaration; ``order`` counts within a group, from 0."""
        cached = cls.__dict__.get("_cached_definition")
        if cached is not None:
            return cached  # type: ignore[no-any-return]
        keys: list[ConfigKey] = []
        counts: dict[str | None, int] = {}
        for f in cls.model_fields.values():
            extra = f.json_schema_extra
            info = extra.get("headgate_key") if isinstance(extra, dict) else None
            if not isinstance(info, ConfigKey):
                continue
            order = counts.get(info.group, 0)
            counts[info.group] = order + 1
            keys.append(ConfigKey(**{n: getattr(info, n) for n in ConfigKey.__slots__} | {"order": order}))
        made = ConfigDef(tuple(keys))
        cls._cached_definition = made  # type: ignore[attr-defined]
        return made

    @classmethod
    def from_props(cls, props: Mapping[str, str | None]) -> Self:
        """The typed configuration. Raises ConfigError with every message of every wrong key."""
        return cls.model_validate(dict(cls.definition().parse(props).good()))
