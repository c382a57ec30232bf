"""One recorded exchange: a request, the reference system's answer, and how a live answer is compared with it.

A line of ``exchanges.jsonl``: ``id``, ``title``, ``request`` {method, path, headers?, json | body}, ``response`` {status,
headers, json | text}, and perhaps ``until`` (JSON pointers that must hold, asked again until they do, for ``stable``
seconds), ``compare`` (exact, own, contains, names, loggers, keys, report), ``must``, ``needles`` (words of an error
message), ``any`` (members whose value does not matter), ``strict``: false with ``better`` (an answer that is welcome too).
``<run>`` and ``<pg.…>`` stand for names of the run.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

__all__ = ["Exchange", "fill", "recorded"]

Json = Any
# Values that differ on every run; shown by the name of their key.
VOLATILE = {
    "worker_id", "trace", "version", "commit", "kafka_cluster_id", "last_modified", "lsn", "lsn_proc", "lsn_commit", "txId",
    "ts_usec", "last_snapshot_record", "documentation",
}
NULL_TOO = {"last_modified", "version"}
# Kafka Connect's own keys: their definitions must be just as recorded; a connector's may differ.
FRAMEWORK = {
    "name", "connector.class", "tasks.max", "tasks.max.enforce", "key.converter", "value.converter", "header.converter",
    "transforms", "predicates", "config.action.reload", "errors.retry.timeout", "errors.retry.delay.max.ms", "errors.tolerance",
    "errors.log.enable", "errors.log.include.messages", "topic.creation.groups", "exactly.once.support", "transaction.boundary",
    "transaction.boundary.interval.ms", "offsets.storage.topic", "connector.plugin.version", "key.converter.plugin.version",
    "value.converter.plugin.version", "header.converter.plugin.version",
}
PREFIXES = ("transforms.", "predicates.", "topic.creation.", "key.converter.", "value.converter.")


def recorded() -> list[dict[str, Json]]:
    """All exchanges, in order."""
    return [json.loads(line) for line in (Path(__file__).parent / "exchanges.jsonl").read_text().splitlines()]


def fill(value: Json, names: Mapping[str, str]) -> Json:
    """Put the names of this run in."""
    match value:
        case str():
            return re.sub(r"<([a-z.]+)>", lambda m: names.get(m[1], m[0]), value)
        case list():
            return [fill(v, names) for v in value]
        case dict():
            return {fill(k, names): fill(v, names) for k, v in value.items()}
    return value


def normal(value: Json, key: str = "", loose: tuple[str, ...] = ()) -> Json:
    """Without what differs on every run."""
    if key in loose or (key in NULL_TOO and value is None):
        return f"<{key}>"
    match value:
        case list():
            return [normal(v, loose=loose) for v in value]
        case dict():
            # While RESTARTING the reference sometimes shows the former version and trace, sometimes not.
            left_out = ("version", "trace") if value.get("state") == "RESTARTING" else ()
            return {k: normal(v, k, loose) for k, v in value.items() if k not in left_out}
    return f"<{key}>" if key in VOLATILE and value is not None else value


def differences(want: Json, got: Json, at: str = "$") -> Iterator[str]:
    """In words; the order of members does not matter."""
    if isinstance(want, dict) and isinstance(got, dict):
        yield from (f"{at}.{k}: missing" for k in want if k not in got)
        yield from (f"{at}.{k}: unexpected" for k in got if k not in want)
        for key in want.keys() & got.keys():
            yield from differences(want[key], got[key], f"{at}.{key}")
    elif isinstance(want, list) and isinstance(got, list) and len(want) == len(got):
        for index, (a, b) in enumerate(zip(want, got, strict=True)):
            yield from differences(a, b, f"{at}[{index}]")
    elif want != got or type(want) is not type(got):
        yield f"{at}: {json.dumps(got)[:200]}, expected {json.dumps(want)[:200]}"


def _in_trouble(answer: Json) -> bool:
    """Whether a task in it tells of a passing fault (on a busy machine its slot may still have the sender of the one before)."""
    if isinstance(answer, list):
        return any(map(_in_trouble, answer))
    return isinstance(answer, dict) and ({"condition", "state"} <= answer.keys() or any(map(_in_trouble, answer.values())))


class Exchange:
    """An exchange with the names of a run filled in."""

    def __init__(self, step: Mapping[str, Json], names: Mapping[str, str]) -> None:
        self.step = fill(dict(step), names)
        self.run = names["run"]
        self.want = self.step["response"]

    def perform(self, client: httpx.Client, seconds: float) -> dict[str, Json]:
        """Ask until the step's condition has held long enough; the last answer."""
        stop, since = time.monotonic() + seconds, None
        while True:
            answer = self._ask(client)
            now = time.monotonic()
            since = (since or now) if self._holds(answer) and not _in_trouble(answer.get("json")) else None
            if (since is not None and now - since >= self.step.get("stable", 0)) or now > stop:
                return answer
            time.sleep(0.1)

    def _ask(self, client: httpx.Client) -> dict[str, Json]:
        request = self.step["request"]
        headers, content = dict(request.get("headers", {})), request.get("body", "").encode() or None
        if "json" in request:
            content = json.dumps(request["json"]).encode()
            headers.setdefault("Content-Type", "application/json")
        built = client.build_request(request["method"], "/", content=content, headers=headers)
        built.url = built.url.copy_with(raw_path=request["path"].encode())
        response = client.send(built)
        told: dict[str, Json] = {"status": response.status_code, "headers": dict(response.headers)}
        try:
            told["json"] = response.json()
        except ValueError:
            told["text"] = response.text
        return told

    def _holds(self, answer: Mapping[str, Json]) -> bool:
        for pointer, value in self.step.get("until", {}).items():
            here: Json = answer["status"] if pointer == "status" else answer.get("json")
            for part in pointer.strip("/").split("/") if pointer != "status" else []:
                try:
                    here = here[int(part)] if isinstance(here, list) else here[part]
                except (KeyError, IndexError, TypeError, ValueError):
                    return False
            if value not in ("*", here):
                return False
        return True

    def compare(self, got: Mapping[str, Json]) -> list[str]:
        """What is different; nothing when the answer is the recorded one or a better one."""
        found = list(self._compare(got))
        better = self.step.get("better")
        welcome = (
            better is not None and not self.step["strict"] and got["status"] == better["status"]
            and ("json" not in better or better["json"] == got.get("json"))
        )
        return [] if welcome else found

    def _compare(self, got: Mapping[str, Json]) -> Iterator[str]:
        want, how = self.want, self.step.get("compare", "exact")
        if got["status"] != want["status"]:
            yield f"status {got['status']}, expected {want['status']}: {str(got.get('json', got.get('text')))[:300]}"
            return
        if self.step.get("headers") != "loose":
            yield from self._headers(got["headers"])
        if "text" in want:
            return
        if "json" not in got:
            yield "the body is not JSON"
            return
        expected, found = want["json"], got["json"]
        if isinstance(expected, dict) and "error_code" in expected:
            yield from self._error(found, got["status"])
            return
        if how == "report":
            yield from _report(expected, found)
            return
        loose = tuple(self.step.get("any", ()))
        a, b = normal(expected, loose=loose), normal(found, loose=loose)
        match how:
            case "own":
                yield from differences(self._own(a), self._own(b))
            case "contains":
                yield from _lacking(normal(self.step["must"]), b)
            case "names" | "loggers":
                must = set(self.step.get("must", ())) if how == "loggers" else set()
                if not isinstance(b, list) or not must <= set(b) or (how == "loggers" and b != sorted(b)):
                    yield f"names {b}"
            case "keys":
                yield from _keys(a, b)
            case _:
                yield from differences(a, b)

    def _headers(self, got: Mapping[str, str]) -> Iterator[str]:
        for name, value in self.want["headers"].items():
            mine = got.get(name)
            if name == "content-type":
                mine, value = (x and x.split(";")[0].lower() for x in (mine, value))
            elif name == "location":
                mine = urlsplit(mine or "").path
            elif name == "allow":
                mine = ", ".join(sorted(x.strip() for x in (mine or "").split(",")))
            if value is not None and mine != value:
                yield f"header {name}: {mine!r}, expected {value!r}"

    def _error(self, found: Json, status: int) -> Iterator[str]:
        if not isinstance(found, dict) or set(found) != {"error_code", "message"} or found["error_code"] != status:
            yield f"no error body: {found}"
            return
        yield from (f"message lacks {n!r}: {found['message']}" for n in self.step.get("needles", ())
                    if n.lower() not in str(found["message"]).lower())

    def _own(self, value: Json) -> Json:
        return {k: v for k, v in value.items() if self.run in k}


def _lacking(must: Json, got: Json) -> Iterator[str]:
    if isinstance(must, list):
        yield from (f"lacks {m}" for m in must if m not in got)
    else:
        yield from differences(must, {k: got[k] for k in must if k in got})


def _keys(want: list[Json], got: list[Json]) -> Iterator[str]:
    """A plugin's keys: definitions of the same shape; the framework's as recorded; no key of another plugin missing."""
    mine = {d["name"]: d for d in got}
    yield from (f"{n}: members {sorted(d)}" for n, d in mine.items() if set(d) != set(want[0]))
    connector = any(d["name"] in FRAMEWORK for d in want)
    for definition in want:
        name = definition["name"]
        if name in FRAMEWORK:
            yield from differences(definition, mine.get(name), name)
        elif name not in mine and not connector:
            yield f"lacks {name}"


def _report(want: Json, got: Json) -> Iterator[str]:
    """A validation report: which keys are in error, how many errors, the framework's definitions."""
    def by_name(report: Json) -> dict[str, Json]:
        return {(c["value"] or c["definition"])["name"]: c for c in report["configs"]}

    def errors(configs: Mapping[str, Json]) -> dict[str, list[str]]:
        return {n: c["value"]["errors"] for n, c in configs.items() if c["value"] and c["value"]["errors"]}

    def framework(name: str) -> bool:
        return name in FRAMEWORK or name.startswith(PREFIXES)

    yield from differences(want["name"], got["name"], "$.name")
    theirs, mine = by_name(want), by_name(got)
    expected, found = errors(theirs), errors(mine)
    if expected.keys() != found.keys():
        yield f"keys in error: {sorted(found)}, expected {sorted(expected)}"
    yield from (f"{n}: errors {found[n]}, expected {expected[n]}" for n in expected.keys() & found.keys()
                if framework(n) and len(expected[n]) != len(found[n]))
    # The reference says some things about a connector's key twice; once is enough.
    doubled = any(len(e) > 1 and not framework(n) for n, e in expected.items())
    if want["error_count"] != got["error_count"] and not (doubled and got["error_count"] >= len(found)):
        yield f"error_count {got['error_count']}, expected {want['error_count']}"
    for name in filter(framework, theirs):
        if name not in mine:
            yield f"lacks {name}"
        else:
            yield from differences(normal(theirs[name]["definition"]), normal(mine[name]["definition"]), f"{name}.definition")
