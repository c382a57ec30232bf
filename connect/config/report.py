"""The validation report of ``PUT /connector-plugins/{plugin}/config/validate``, as values.

A property that nobody knows, or that is known and has no effect here, is not an error: Kafka Connect takes any key. It is told
as an entry of the group ``Ignored`` whose documentation says why, and by :func:`ignored_of` for the log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from connect.api.config import ConfigDef, ConfigKey, Importance, KeyType, Width
from connect.config.nearest import nearest

__all__ = [
    "HIDDEN", "IGNORED_GROUP", "Entry", "Ignored", "Report", "check_key", "definition_body", "entries_of", "error_message",
    "find_ignored", "groups_of", "ignored_entry", "ignored_of", "merge_errors", "shown",
]

IGNORED_GROUP = "Ignored"
HIDDEN = "[hidden]"


@dataclass(frozen=True, slots=True)
class Ignored:
    """A property without effect, the known one it resembles, and the whole sentence for the user."""

    name: str
    nearest: str | None
    message: str


    def under(self, prefix: str) -> Ignored:
        """The same for the property with this prefix in front."""
        return Ignored(
            prefix + self.name, prefix + self.nearest if self.nearest else None,
            self.message.replace(f'"{self.name}"', f'"{prefix}{self.name}"').replace(f'"{self.nearest}"',
            f'"{prefix}{self.nearest}"'))


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a report. ``definition`` None: nobody defined it. ``once``: counts as one error, however many messages."""

    name: str
    definition: ConfigKey | None
    value: str | None = None
    errors: tuple[str, ...] = ()
    recommended: tuple[str, ...] = ()
    visible: bool = True
    once: bool = False

    def body(self) -> dict[str, Any]:
        """The JSON value of this entry."""
        return {
            "definition": definition_body(self.definition) if self.definition else None,
            "value": {
                "name": self.name, "value": self.value, "recommended_values": list(self.recommended), "errors": list(self.errors),
                "visible": self.visible,
            },
        }


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report; ``name`` is the class as the user wrote it."""

    name: str
    entries: Sequence[Entry] = field(default=())
    groups: Sequence[str] = field(default=())

    @property
    def error_count(self) -> int:
        """Kafka's count: messages of ordinary keys, one for each converter or override key that is wrong."""
        return sum(min(len(e.errors), 1) if e.once else len(e.errors) for e in self.entries)

    def body(self) -> dict[str, Any]:
        """The JSON value: exactly Kafka's four members."""
        return {
            "name": self.name, "error_count": self.error_count, "groups": list(self.groups),
            "configs": [e.body() for e in self.entries],
        }


def shown(key: ConfigKey, value: Any) -> str | None:
    """A parsed value as text: lists joined by commas, passwords hidden."""
    if value is None:
        return None
    if key.type is KeyType.PASSWORD:
        return HIDDEN
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ",".join(str(v) for v in value)
    return str(value)


def definition_body(key: ConfigKey) -> dict[str, Any]:
    """One key's definition as JSON."""
    return {
        "name": key.name, "type": key.type.value, "required": key.required,
        "default_value": None if key.required else shown(key, key.default), "importance": key.importance.value,
        "documentation": key.doc, "group": key.group, "width": key.width.value, "display_name": key.display_name or key.name,
        "dependents": list(key.dependents), "order": key.order,
    }


def check_key(key: ConfigKey, props: Mapping[str, str | None]) -> Entry:
    """Read one key. As in Kafka, a value that is missing or unreadable meets the key's validators as null."""
    present = key.name in props and props[key.name] is not None
    text = props.get(key.name)
    errors: list[str] = []
    value: Any = None
    readable = replace(key, valid=(), one_of=False)
    try:
        value = readable.parse(text)
    except ValueError as e:
        errors.append(str(e))
        errors += [f"Invalid value null for configuration {key.name}: {r}" for r in map(_null_reason, key.valid) if r]
        return Entry(key.name, key, None, tuple(errors), _recommended(key))
    if present:
        try:
            value = key.parse(text)
        except ValueError as e:
            errors.append(str(e))
    return Entry(key.name, key, shown(key, value), tuple(errors), _recommended(key))


def _null_reason(check: Callable[[Any], None]) -> str | None:
    reason = getattr(check, "null_reason", None)
    return reason if isinstance(reason, str) else None


def _recommended(key: ConfigKey) -> tuple[str, ...]:
    # Kafka recommends values only where a recommender computes them; a closed list of words is told by the error.
    return () if key.one_of else key.recommended


def entries_of(definition: ConfigDef, props: Mapping[str, str | None]) -> list[Entry]:
    """An entry for each key of a definition."""
    return [check_key(k, props) for k in definition if not k.internal]


def merge_errors(entries: Iterable[Entry], errors: Mapping[str, Sequence[str]], *, once: bool = False) -> list[Entry]:
    """Add messages to entries by key; a key without an entry gets one without a definition."""
    left = {k: list(v) for k, v in errors.items() if v}
    merged = [replace(e, errors=(*e.errors, *left.pop(e.name, ()))) for e in entries]
    return merged + [Entry(k, None, None, tuple(v), once=once) for k, v in left.items()]


def groups_of(entries: Iterable[Entry]) -> list[str]:
    """The groups in order of appearance."""
    return list(dict.fromkeys(e.definition.group for e in entries if e.definition and e.definition.group))


def find_ignored(
    names: Iterable[str], known: Iterable[str], recognised: Callable[[str], bool], not_honoured: Mapping[str, str]
) -> list[Ignored]:
    """Which of the names have no effect, and why.

    ``recognised`` knows names that vary; ``not_honoured`` maps a name, or a prefix ending in ``.*``, to the reason.
    """
    choices = sorted(set(known))
    every = set(choices)
    prefixes = [(k[:-1], why) for k, why in not_honoured.items() if k.endswith(".*")]
    found: list[Ignored] = []
    for name in names:
        why = not_honoured.get(name) or next((w for p, w in prefixes if name.startswith(p)), None)
        if why:
            found.append(Ignored(name, None, f'"{name}" is ignored: {why}'))
        elif name not in every and not recognised(name):
            near = nearest(name, choices)
            hint = f'; did you mean "{near}"?' if near else ""
            found.append(Ignored(name, near, f'"{name}" is ignored: no such property{hint}'))
    return found


def ignored_entry(ignored: Ignored, value: str | None, secret: bool) -> Entry:
    """How an ignored property is shown in a report: no error, the reason as documentation."""
    key = ConfigKey(
        ignored.name, KeyType.PASSWORD if secret else KeyType.STRING, None, Importance.LOW, ignored.message, IGNORED_GROUP, -1,
        Width.NONE, ignored.name)
    return Entry(ignored.name, key, shown(key, value), (), (ignored.nearest,) if ignored.nearest else ())


def ignored_of(report: Mapping[str, Any]) -> list[Ignored]:
    """The ignored properties told in a report's JSON."""
    found = []
    for c in report["configs"]:
        d, v = c["definition"], c["value"]
        if d is not None and d["group"] == IGNORED_GROUP:
            found.append(Ignored(d["name"], next(iter(v["recommended_values"]), None), d["documentation"]))
    return found


def error_message(report: Mapping[str, Any]) -> str | None:
    """The text of the 400 for a report with errors, None for one without."""
    messages = [m for c in report["configs"] for m in c["value"]["errors"]]
    if not messages:
        return None
    lines = "\n".join(messages)
    return (
        f"Connector configuration is invalid and contains the following {report['error_count']} error(s):\n{lines}\n"
        "You can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`"
    )
