"""TLS and SASL settings of Java clients as librdkafka's. Stores in PEM and PKCS12 form; JKS must be converted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connect.api.errors import ConfigError
from connect.config.clientkeys import Settings
from connect.config.report import Ignored

__all__ = ["apply_sasl", "apply_tls", "parse_jaas"]

_PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
_JKS = (
    "a JKS store cannot be read; convert it (keytool -importkeystore -deststoretype PKCS12, then openssl pkcs12 -out file.pem) "
    "and "
    "set {type}=PEM"
)
_SAME = {
    "ssl.cipher.suites", "ssl.curves.list", "ssl.sigalgs.list", "ssl.ca.location", "ssl.ca.pem", "ssl.certificate.location",
    "ssl.certificate.pem", "ssl.key.location", "ssl.key.pem", "ssl.crl.location", "enable.ssl.certificate.verification",
    "ssl.providers", "sasl.username", "sasl.password", "sasl.mechanisms", "sasl.oauthbearer.config", "sasl.oauthbearer.method",
    "sasl.oauthbearer.client.id", "sasl.oauthbearer.client.secret", "sasl.oauthbearer.scope", "sasl.oauthbearer.extensions",
    "sasl.kerberos.principal", "sasl.kerberos.keytab", "sasl.kerberos.service.name", "sasl.kerberos.kinit.cmd",
    "sasl.kerberos.min.time.before.relogin", "sasl.oauthbearer.token.endpoint.url",
}
_TRANSLATED = {
    "security.protocol", "sasl.mechanism", "sasl.jaas.config", "ssl.truststore.type", "ssl.truststore.location",
    "ssl.truststore.certificates", "ssl.truststore.password", "ssl.keystore.type", "ssl.keystore.location",
    "ssl.keystore.password",
    "ssl.keystore.key", "ssl.keystore.certificate.chain", "ssl.key.password", "ssl.endpoint.identification.algorithm",
}


def _left(props: Mapping[str, str], prefixes: tuple[str, ...]) -> list[Ignored]:
    return [
        Ignored(k, None, f'"{k}" is ignored: librdkafka has no such setting')
        for k in props if k.startswith(prefixes) and k not in _TRANSLATED and k not in _SAME
    ]


def _kind(props: Mapping[str, str], store: str) -> str:
    """The type of a store: as told, else by the file's name, else Java's default."""
    told = props.get(f"{store}.type", "").strip().upper()
    location = props.get(f"{store}.location", "").lower()
    if told:
        return told
    if location.endswith((".p12", ".pfx", ".pkcs12")):
        return "PKCS12"
    return "PEM" if location.endswith((".pem", ".crt", ".cer")) else "JKS"


def apply_tls(props: Mapping[str, str], settings: Settings) -> list[Ignored]:
    """Translate ``security.protocol`` and ``ssl.*``. Raises ConfigError for stores that cannot be read."""
    protocol = props.get("security.protocol", "").strip().upper()
    if protocol:
        if protocol not in _PROTOCOLS:
            raise ConfigError({"security.protocol": [
                f"Invalid value {protocol} for configuration security.protocol: String must be one of: {', '.join(_PROTOCOLS)}"]})
        settings["security.protocol"] = protocol
    for k, v in props.items():
        if k in _SAME and k.startswith(("ssl.", "enable.ssl")):
            settings[k] = v
    if "ssl.endpoint.identification.algorithm" in props:
        algorithm = props["ssl.endpoint.identification.algorithm"].strip().lower()
        settings["ssl.endpoint.identification.algorithm"] = algorithm or "none"
    _trust(props, settings)
    _keys(props, settings)
    return _left(props, ("ssl.", "security.providers"))


def _trust(props: Mapping[str, str], settings: Settings) -> None:
    if certificates := props.get("ssl.truststore.certificates"):
        settings["ssl.ca.pem"] = certificates
    elif location := props.get("ssl.truststore.location"):
        kind = _kind(props, "ssl.truststore")
        if kind != "PEM":
            why = _JKS.format(type="ssl.truststore.type") if kind == "JKS" else (
                "a PKCS12 trust store cannot be read; openssl pkcs12 -nokeys -out ca.pem makes a PEM file: set "
                "ssl.truststore.type=PEM")
            raise ConfigError({"ssl.truststore.location": [f"Invalid value {location} for configuration "
                f"ssl.truststore.location: {why}"]})
        settings["ssl.ca.location"] = location


def _keys(props: Mapping[str, str], settings: Settings) -> None:
    if chain := props.get("ssl.keystore.certificate.chain"):
        settings["ssl.certificate.pem"] = chain
    if private := props.get("ssl.keystore.key"):
        settings["ssl.key.pem"] = private
    if location := props.get("ssl.keystore.location"):
        kind = _kind(props, "ssl.keystore")
        if kind == "JKS":
            raise ConfigError({"ssl.keystore.location": [
                f"Invalid value {location} for configuration ssl.keystore.location: {_JKS.format(type='ssl.keystore.type')}"]})
        if kind == "PEM":
            settings["ssl.certificate.location"] = settings["ssl.key.location"] = location
        else:
            settings["ssl.keystore.location"] = location
            if password := props.get("ssl.keystore.password"):
                settings["ssl.keystore.password"] = password
    if password := props.get("ssl.key.password"):
        settings["ssl.key.password"] = password


_OPTION = re.compile(r"""\s*([\w.$-]+)\s*=\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s;]+)""")


def parse_jaas(text: str) -> tuple[str, dict[str, str]]:
    """Login module and options of a ``sasl.jaas.config``. Raises ValueError; the text never appears in the message."""
    head = re.match(r"\s*([\w.$]+)\s+(required|requisite|sufficient|optional)\b", text)
    if head is None or not text.rstrip().endswith(";"):
        raise ValueError("expected '<login module> required key=\"value\" …;'")
    options: dict[str, str] = {}
    at = head.end()
    end = len(text.rstrip()) - 1
    while at < end and text[at:end].strip():
        m = _OPTION.match(text, at, end)
        if m is None:
            raise ValueError("an option is not key=\"value\"")
        value = m[2]
        if value[0] in "\"'" and value[-1] == value[0]:
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        options[m[1]] = value
        at = m.end()
    return head[1], options


def apply_sasl(props: Mapping[str, str], settings: Settings) -> list[Ignored]:
    """Translate ``sasl.*``. Raises ConfigError for login modules there is no counterpart for."""
    for k, v in props.items():
        if k in _SAME and k.startswith("sasl."):
            settings[k] = v
    ignored = _left(props, ("sasl.",))
    mechanism = (props.get("sasl.mechanism") or props.get("sasl.mechanisms") or "").strip().upper()
    if mechanism:
        settings.pop("sasl.mechanisms", None)
        settings["sasl.mechanism"] = mechanism
    jaas = props.get("sasl.jaas.config")
    if jaas:
        try:
            module, options = parse_jaas(jaas)
        except ValueError as e:
            raise ConfigError({"sasl.jaas.config": [f"Invalid value [hidden] for configuration sasl.jaas.config: {e}"]}) from None
        _login(module.rpartition(".")[2], options, settings)
        if not mechanism and str(settings.get("security.protocol", "")).startswith("SASL"):
            # Java's default mechanism; a user name can only be meant for another.
            settings["sasl.mechanism"] = "PLAIN" if "sasl.username" in settings else "GSSAPI"
    if str(settings.get("sasl.mechanism")) == "OAUTHBEARER" and "sasl.oauthbearer.token.endpoint.url" in settings:
        settings.setdefault("sasl.oauthbearer.method", "oidc")
    return ignored


def _login(module: str, options: Mapping[str, str], settings: dict[str, Any] | Settings) -> None:
    if module in ("PlainLoginModule", "ScramLoginModule"):
        if "username" not in options or "password" not in options:
            raise ConfigError({"sasl.jaas.config": [
                f"Invalid value [hidden] for configuration sasl.jaas.config: {module} needs username and password"]})
        settings["sasl.username"], settings["sasl.password"] = options["username"], options["password"]
    elif module == "OAuthBearerLoginModule":
        names = {"clientId": "client.id", "clientSecret": "client.secret", "scope": "scope"}
        for option, name in names.items():
            if option in options:
                settings[f"sasl.oauthbearer.{name}"] = options[option]
    elif module == "Krb5LoginModule":
        names = {"keyTab": "sasl.kerberos.keytab", "principal": "sasl.kerberos.principal",
        "serviceName": "sasl.kerberos.service.name"}
        for option, name in names.items():
            if option in options:
                settings[name] = options[option]
    else:
        raise ConfigError({"sasl.jaas.config": [
            f"Invalid value [hidden] for configuration sasl.jaas.config: there is no counterpart for {module}; "
            "there are PlainLoginModule, ScramLoginModule, OAuthBearerLoginModule, Krb5LoginModule"]})
