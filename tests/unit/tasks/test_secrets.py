from __future__ import annotations

import pytest

from connect.tasks.secrets import Redactor


@pytest.mark.parametrize("key", [
    "database.password", "producer.override.sasl.jaas.config", "value.converter.basic.auth.user.info", "ssl.key.password"])
def test_values_of_keys_that_sound_secret_are_hidden(key: str) -> None:
    redactor = Redactor()
    redactor.learn({key: "s3cr3t!", "database.hostname": "db.example"})
    assert redactor.clean("login s3cr3t!@db.example failed") == "login [hidden]@db.example failed"


def test_what_a_provider_gave_is_hidden() -> None:
    redactor = Redactor()
    redactor.learn({"database.user": "worker9"}, {"worker9"})
    assert redactor.clean("no role worker9") == "no role [hidden]"


@pytest.mark.parametrize("value", ["", "abc", "true", "12345"])
def test_short_values_and_plain_words_are_left(value: str) -> None:
    redactor = Redactor()
    redactor.learn({"x.password": value})
    assert redactor.clean("abc true 12345") == "abc true 12345"


def test_of_two_secrets_the_longer_is_hidden_first() -> None:
    redactor = Redactor()
    redactor.learn({"a.password": "pass", "b.password": "password1"})
    assert redactor.clean("password1") == "[hidden]"


def test_a_secret_with_special_characters_is_taken_literally() -> None:
    redactor = Redactor()
    redactor.learn({"a.password": "a.c*("})
    assert redactor.clean("a.c*( abc") == "[hidden] abc"


def test_nothing_known_changes_nothing() -> None:
    assert Redactor().clean("text") == "text"
