"""Which configuration values are secret, and how they are shown: :data:`MASK` in place of the value.

Posting the mask back keeps the stored value, so that what a client reads it can also write.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Mapping

from connect.api.config import ConfigDef, KeyType
from connect.config.nearest import distance
from connect.config.variables import has_variables

__all__ = ["MASK", "is_sensitive_name", "keep_masked", "mask", "sensitive_keys"]

MASK = "********"

_SENSITIVE = re.compile(
    r"(?:^|[._-])(?:passwords?|passwd|passphrase|pwd|secrets?|tokens?|credentials?|jaas|api[._-]?keys?|access[._-]?keys?"
    r"|private[._-]?key|salt)(?:$|[._-])|basic\.auth\.user\.info|sslpassword|keystore\.key$|ssl\.key\.pem|schema\.registry\.auth|passw",
    re.IGNORECASE)
_NOT_SECRET = re.compile(
    r"(?:url|uri|enabled?|ms|type|path|location|class|provider|source|algorithm|endpoint\.url|mechanism)$", re.IGNORECASE)
_OFTEN_MISSPELT = ("password", "passwords", "passphrase", "secret", "credentials")
_NAMES_IN_KEYS = re.compile(r"\.with\.salt\..+$", re.IGNORECASE)


@functools.lru_cache(4096)
def is_sensitive_name(name: str) -> bool:
    """Whether a property's name sounds secret: password, secret, token, credentials, jaas …, also misspelt by a letter."""
    plain = _NAMES_IN_KEYS.sub("", name)
    return (_SENSITIVE.search(plain) is not None or _misspelt(plain)) and _NOT_SECRET.search(name) is None


def _misspelt(name: str) -> bool:
    parts = re.split(r"[._-]", name.lower())
    return any(distance(part, word, 1) <= 1 for part in parts for word in _OFTEN_MISSPELT)


def sensitive_keys(config: Mapping[str, str | None], definition: ConfigDef | None = None) -> frozenset[str]:
    """The keys of a configuration that are secret: by definition where one is known, else (and besides) by name.

    A value that is nothing but variables, ``${file:…}``, gives nothing away and is not counted.
    """
    def secret(name: str) -> bool:
        known = definition.get(name) if definition else None
        return known.type is KeyType.PASSWORD if known is not None else is_sensitive_name(name)

    return frozenset(k for k, v in config.items() if v and secret(k) and not has_variables(v))


def mask(config: Mapping[str, str], keys: Collection[str]) -> dict[str, str]:
    """The configuration with these keys' values masked."""
    return {k: MASK if k in keys and v else v for k, v in config.items()}


def keep_masked(new: Mapping[str, str | None], stored: Mapping[str, str]) -> dict[str, str | None]:
    """A posted configuration with the mask replaced by the stored value, where there is one."""
    return {k: stored[k] if v == MASK and k in stored else v for k, v in new.items()}
