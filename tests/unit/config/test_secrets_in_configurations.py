from __future__ import annotations

import pytest

from connect.api.config import ConfigDef, ConfigKey, KeyType
from connect.config.secrets import MASK, is_sensitive_name, keep_masked, mask, sensitive_keys


@pytest.mark.parametrize(
    "name",
    ["database.password", "database.sslpassword", "producer.override.sasl.jaas.config", "value.converter.basic.auth.user.info",
     "ssl.keystore.password", "ssl.key.password", "my.secret", "api.key", "aws.secret.access.key", "bearer.auth.token",
     "signal.kafka.credentials", "ssl.keystore.key", "database.pasword", "database.passwrod", "databasePassword", "my.secert"],
)
def test_a_name_that_sounds_secret_is_secret(name: str) -> None:
    assert is_sensitive_name(name)


@pytest.mark.parametrize(
    "name",
    ["database.user", "key.converter", "message.key.columns", "tokens.url", "sasl.oauthbearer.token.endpoint.url", "topic.prefix",
     "basic.auth.credentials.source", "column.mask.hash.SHA-256.with.salt.password", "password.enabled", "heartbeat.interval.ms"],
)
def test_other_names_are_not(name: str) -> None:
    assert not is_sensitive_name(name)


def test_the_definition_decides_where_there_is_one() -> None:
    own = ConfigDef((ConfigKey("pin", KeyType.PASSWORD, None), ConfigKey("password.hint", default=None)))
    assert sensitive_keys({"pin": "1", "password.hint": "x", "other.password": "y"}, own) == {"pin", "other.password"}


def test_a_variable_gives_nothing_away() -> None:
    assert sensitive_keys({"a.password": "${file:/x:y}", "b.password": "clear", "c.password": "",
        "d.password": None}) == {"b.password"}


def test_masking_shows_that_there_is_a_value() -> None:
    assert mask({"p": "x", "q": "", "r": "y"}, {"p", "q"}) == {"p": MASK, "q": "", "r": "y"}


def test_posting_the_mask_keeps_the_stored_value() -> None:
    stored = {"password": "secret", "host": "h"}
    assert keep_masked({"password": MASK, "host": "h2", "new": MASK, "gone": None}, stored) == {
        "password": "secret", "host": "h2", "new": MASK, "gone": None}
