"""Keys of the Avro converter, named as Confluent's."""

from __future__ import annotations

from connect.api.config import ConfigModel, Importance, KeyType, key
from connect.api.errors import ConfigError
from schemas.registry import RegistrySettings

__all__ = ["AvroConverterConfig", "registry_settings"]

_TOPIC_NAME = "io.confluent.kafka.serializers.subject.TopicNameStrategy"
_PACKAGE = "io.confluent.kafka.serializers.subject."
_STRATEGIES = tuple(f"{_PACKAGE}{n}" for n in ("TopicNameStrategy", "RecordNameStrategy", "TopicRecordNameStrategy"))
_SSL = "schema.registry.ssl."


def _registry_urls(value: str) -> None:
    RegistrySettings.parse(value)


class AvroConverterConfig(ConfigModel):
    """Keys of the Avro converter."""

    urls: str = key(
        "schema.registry.url", importance=Importance.HIGH, valid=(_registry_urls,),
        doc="Comma-separated URLs of the schema registry; the first that answers is used.")
    auto_register: bool = key(
        "auto.register.schemas", True, type=KeyType.BOOLEAN,
        doc="Register schemas that the registry does not know. With false, an unknown schema fails the task.")
    use_latest: bool = key(
        "use.latest.version", False, type=KeyType.BOOLEAN, importance=Importance.LOW,
        doc="Write under the id of the subject's newest version, which must lay out data as the table does. "
            "Needs auto.register.schemas=false to mean anything in the reference; here it wins.")
    normalize: bool = key(
        "normalize.schemas", False, type=KeyType.BOOLEAN, importance=Importance.LOW,
        doc="Ask the registry to normalize schemas when registering and looking up.")
    key_strategy: str = key(
        "key.subject.name.strategy", _TOPIC_NAME, type=KeyType.CLASS, recommended=_STRATEGIES,
        doc="How the subject of a key is named: TopicNameStrategy, RecordNameStrategy or TopicRecordNameStrategy.")
    value_strategy: str = key(
        "value.subject.name.strategy", _TOPIC_NAME, type=KeyType.CLASS, recommended=_STRATEGIES,
        doc="How the subject of a value is named.")
    connect_meta_data: bool = key(
        "connect.meta.data", True, type=KeyType.BOOLEAN, importance=Importance.LOW,
        doc="Put what only Connect knows (names, versions, parameters, defaults) into the Avro schema as connect.* attributes.")
    credentials_source: str = key(
        "basic.auth.credentials.source", "URL", recommended=("URL", "USER_INFO", "SASL_INHERIT"), one_of=True,
        doc="Where user and password for the registry come from: the URL or basic.auth.user.info.")
    user_info: str | None = key(
        "basic.auth.user.info", None, type=KeyType.PASSWORD, doc="user:password, with basic.auth.credentials.source=USER_INFO.")
    user_info_old: str | None = key(
        "schema.registry.basic.auth.user.info", None, type=KeyType.PASSWORD, importance=Importance.LOW,
        doc="Older name of basic.auth.user.info.")
    bearer_source: str | None = key(
        "bearer.auth.credentials.source", None,
        doc="STATIC_TOKEN sends bearer.auth.token; other sources are not supported.")
    bearer_token: str | None = key("bearer.auth.token", None, type=KeyType.PASSWORD, doc="Bearer token for the registry.")
    truststore_location: str | None = key(
        _SSL + "truststore.location", None, doc="PEM file with the certificates to trust; the system's by default.")
    truststore_certificates: str | None = key(
        _SSL + "truststore.certificates", None, type=KeyType.PASSWORD, doc="The same, as text.")
    truststore_type: str = key(
        _SSL + "truststore.type", "PEM", doc="PEM; Java's JKS and PKCS12 are not read (keytool and openssl convert them).")
    keystore_location: str | None = key(
        _SSL + "keystore.location", None, doc="PEM file with the client certificate, its chain and its key.")
    keystore_chain: str | None = key(
        _SSL + "keystore.certificate.chain", None, type=KeyType.PASSWORD, doc="The client certificate and its chain, as text.")
    keystore_key: str | None = key(
        _SSL + "keystore.key", None, type=KeyType.PASSWORD, doc="The client's private key, as text.")
    keystore_type: str = key(_SSL + "keystore.type", "PEM", doc="PEM.")
    key_password: str | None = key(_SSL + "key.password", None, type=KeyType.PASSWORD, doc="Password of the private key.")
    identification: str = key(
        _SSL + "endpoint.identification.algorithm", "https", doc="Empty: do not compare the certificate's host name.")


def registry_settings(config: AvroConverterConfig) -> RegistrySettings:
    """How to reach the registry. Raises ConfigError with what does not go together."""
    errors: dict[str, list[str]] = {}
    user_info = config.user_info or config.user_info_old
    if config.credentials_source == "SASL_INHERIT":
        errors["basic.auth.credentials.source"] = ["SASL_INHERIT is not supported: set USER_INFO and basic.auth.user.info"]
    if config.credentials_source == "USER_INFO" and not user_info:
        errors["basic.auth.user.info"] = ["basic.auth.credentials.source is USER_INFO, so user:password must be given here"]
    if user_info and ":" not in user_info:
        errors["basic.auth.user.info"] = ["expected user:password, but there is no colon in it"]
    if config.bearer_source not in (None, "", "STATIC_TOKEN"):
        errors["bearer.auth.credentials.source"] = [
            f"{config.bearer_source} is not supported: expected STATIC_TOKEN, with the token in bearer.auth.token"]
    for store, kind, place in (
        ("truststore", config.truststore_type, config.truststore_location),
        ("keystore", config.keystore_type, config.keystore_location),
    ):
        if kind.upper() != "PEM" or (place or "").lower().endswith((".jks", ".p12", ".pfx")):
            errors[f"{_SSL}{store}.location"] = [
                f"only PEM files are read, not {kind.upper() if kind.upper() != 'PEM' else 'JKS or PKCS12'}: convert it with "
                f"keytool and openssl, and set {_SSL}{store}.type=PEM"]
    if errors:
        raise ConfigError(errors)
    return RegistrySettings.parse(
        config.urls,
        # Given user info counts whatever the source says; the reference ignores it under URL and then fails with 401.
        user_info=user_info,
        bearer_token=config.bearer_token,
        ca=config.truststore_certificates or config.truststore_location,
        certificate=config.keystore_chain or config.keystore_location,
        private_key=config.keystore_key,
        private_key_password=config.key_password,
        check_hostname=bool(config.identification),
    )
