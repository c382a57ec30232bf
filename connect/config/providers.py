"""Config providers: where ``${name:path:key}`` finds its values. ``file``, ``dir`` and ``env``.

A path or variable that is not allowed is not read: the variable stays as it is and a warning says why, as in Kafka.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from connect.api.errors import ConfigError
from connect.api.plugins import ConfigData
from connect.config.javaregex import compile_java
from connect.config.properties import parse_properties

__all__ = ["DirectoryConfigProvider", "EnvVarConfigProvider", "FileConfigProvider"]

log = logging.getLogger(__name__)


class _AllowedPaths:
    """The folders and files that may be read; without ``allowed.paths`` all of them."""

    def __init__(self, props: Mapping[str, str]) -> None:
        text = props.get("allowed.paths", "").strip()
        self._roots: list[Path] | None = None
        if text:
            roots = [Path(p.strip()) for p in text.split(",") if p.strip()]
            wrong = [str(p) for p in roots if not p.is_absolute() or not p.exists()]
            if wrong:
                raise ConfigError({"allowed.paths": [
                    f"Invalid value {text} for configuration allowed.paths: {', '.join(wrong)} is not an absolute path that "
                    f"exists"]})
            self._roots = [p.resolve() for p in roots]

    def resolve(self, path: str) -> Path | None:
        """The path to read, or None when it is not allowed."""
        real = Path(path).resolve()
        if self._roots is None or any(real == r or r in real.parents for r in self._roots):
            return real
        log.warning("config provider: %s is not in allowed.paths; its variables are left as they are", path)
        return None


class FileConfigProvider:
    """``${file:/path/x.properties:key}``: a key of a Java properties file."""

    def configure(self, props: Mapping[str, str]) -> None:
        """Takes ``allowed.paths``."""
        self._allowed = _AllowedPaths(props)

    def get(self, path: str, keys: Sequence[str]) -> ConfigData:
        """Raises ConfigError when the file cannot be read."""
        if not path or (real := self._allowed.resolve(path)) is None:
            return ConfigData({})
        try:
            content = parse_properties(real.read_text(encoding="utf-8"))
        except (OSError, ValueError) as e:
            reason = e.strerror if isinstance(e, OSError) and e.strerror else "not a properties file in UTF-8"
            raise ConfigError({path: [f"Could not read properties from file {path}: {reason}"]}) from None
        return ConfigData({k: content[k] for k in keys if k in content})


class DirectoryConfigProvider:
    """``${dir:/path:name}``: the whole content of the file of that name, as Kubernetes mounts secrets."""

    def configure(self, props: Mapping[str, str]) -> None:
        """Takes ``allowed.paths``."""
        self._allowed = _AllowedPaths(props)

    def get(self, path: str, keys: Sequence[str]) -> ConfigData:
        """Raises ConfigError when a file cannot be read. A folder that is not there holds nothing."""
        if not path or (folder := self._allowed.resolve(path)) is None:
            return ConfigData({})
        found: dict[str, str] = {}
        for key in keys:
            if "/" in key or key in ("", ".", ".."):
                continue
            real = self._allowed.resolve(str(folder / key))
            if real is None or not real.is_file():
                continue
            try:
                found[key] = real.read_text(encoding="utf-8")
            except (OSError, ValueError) as e:
                reason = e.strerror if isinstance(e, OSError) and e.strerror else "not UTF-8"
                raise ConfigError({path: [f"Could not read file {folder / key} for property {key}: {reason}"]}) from None
        return ConfigData(found)


class EnvVarConfigProvider:
    """``${env:NAME}``: a variable of the worker's environment."""

    def configure(self, props: Mapping[str, str]) -> None:
        """Takes ``allowlist.pattern``, a Java regular expression for the whole name. Raises ConfigError."""
        pattern = props.get("allowlist.pattern") or ".*"
        try:
            self._pattern = compile_java(pattern)
        except ValueError as e:
            message = f"Invalid value {pattern} for configuration allowlist.pattern: {e}"
            raise ConfigError({"allowlist.pattern": [message]}) from None

    def get(self, path: str, keys: Sequence[str]) -> ConfigData:
        """Raises ConfigError when a path is given."""
        if path:
            raise ConfigError({path: ["Path is not used for EnvVarConfigProvider, provided value for the path must be empty"]})
        return ConfigData({k: os.environ[k] for k in keys if k in os.environ and self._pattern.fullmatch(k)})
