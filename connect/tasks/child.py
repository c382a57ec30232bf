"""The main of a forked child: a task, or one function call for the worker."""

from __future__ import annotations

import faulthandler
import logging
import socket
import sys

from connect.api.errors import HeadgateError
from connect.tasks.calls import encode_error, invoke
from connect.tasks.control import Control, listen, set_levels
from connect.tasks.loglines import install
from connect.tasks.naming import name_process
from connect.tasks.pipe import ChildPipe, PipeError
from connect.tasks.reporter import Reporter, encode_event
from connect.tasks.secrets import Redactor
from connect.tasks.spec import TargetState, TaskEvent, TaskKey, TaskSpec
from connect.tasks.trace import trace_of

__all__ = ["AGAIN", "decode_spec", "encode_spec", "run"]

_log = logging.getLogger(__name__)

AGAIN = 76
"""Exit code of a task that asks for a new process."""

_FLUSH = 5.0
_CALL_GRACE = 1.0


def encode_spec(spec: TaskSpec) -> dict[str, object]:
    """As JSON. :func:`decode_spec` reads it."""
    return {
        "connector": spec.key.connector, "task": spec.key.task, "generation": spec.generation, "worker": dict(spec.worker),
        "connector_config": dict(spec.connector_config), "task_config": dict(spec.task_config), "target": spec.target.value,
    }


def decode_spec(body: dict[str, object]) -> TaskSpec:
    """The spec of :func:`encode_spec`."""
    fields = dict(body)
    key = TaskKey(str(fields.pop("connector")), int(str(fields.pop("task"))))
    target = TargetState(str(fields.pop("target")))
    return TaskSpec(key=key, target=target, **fields)  # type: ignore[arg-type]


def run(sock: socket.socket) -> int:
    """Do what the first frame asks; the exit code of the process."""
    faulthandler.enable(all_threads=True)
    pipe = ChildPipe(sock)
    redactor = Redactor()
    install(pipe, redactor)
    try:
        first = pipe.receive()
    except PipeError as e:
        sys.stderr.write(f"{e}\n")
        return 2
    if first is None:
        return 0
    set_levels(first.get("levels", {}))
    if first.get("do") == "call":
        return _call(pipe, str(first["function"]), first["argument"])
    return _task(pipe, decode_spec(first["spec"]), redactor)


def _call(pipe: ChildPipe, function: str, argument: object) -> int:
    listen(pipe, Control(), _CALL_GRACE)
    try:
        pipe.send({"result": invoke(function, argument)})
    except Exception as e:  # noqa: BLE001 - every error is the caller's
        pipe.send({"error": encode_error(e)})
    return 0 if pipe.drain(_FLUSH) else 1


def _task(pipe: ChildPipe, spec: TaskSpec, redactor: Redactor) -> int:
    name_process(spec.key.connector, spec.key.task)
    redactor.learn(spec.worker)
    redactor.learn(spec.connector_config)
    redactor.learn(spec.task_config)

    def send(event: TaskEvent, may_drop: bool) -> None:
        body = encode_event(event)
        for field in ("trace", "detail"):
            if body[field]:
                body[field] = redactor.clean(body[field])
        pipe.send({"event": body}, may_drop=may_drop)

    reporter = Reporter(spec.key, spec.generation, send)
    control = Control(paused=spec.target is TargetState.PAUSED)
    try:
        # Imported here: a call must not fail because of what only tasks need.
        from connect.tasks.assembly import assemble
        from connect.tasks.settings import grace_of

        listen(pipe, control, grace_of(spec.worker))
        pipeline = assemble(spec, control, reporter, redactor)
        well = pipeline.run() if pipeline is not None else True
        if well and pipeline is not None and pipeline.again and not control.stopping:
            pipe.drain(_FLUSH)
            return AGAIN
    except Exception as e:  # noqa: BLE001 - whatever it is, the task has failed and says so
        trace = trace_of(e)
        if not isinstance(e, HeadgateError):
            _log.exception("Task cannot be set up")
        reporter.state("FAILED", trace=trace)
        well = False
    if well:
        reporter.state("UNASSIGNED")
    pipe.drain(_FLUSH)
    return 0 if well else 1
