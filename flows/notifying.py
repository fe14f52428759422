"""Telling somebody of a run that failed: a command of the user's, which is handed what happened as JSON.

The command is not run by a shell, and nothing of the run stands in it: what a file says or is called can be no part of
a command. It runs when the run is over and the store is free, for a bounded time, and its own failure is a line in the
log.
"""

import json
import logging
import os
import shlex
import signal
import socket
import subprocess
import tempfile
from contextlib import suppress
from datetime import datetime
from typing import Any, Final, TypeAlias

from prefect.client.schemas.objects import FlowRun, State
from prefect.flows import Flow
from prefect.logging.loggers import flow_run_logger

import transforms
from flows.settings import load_settings

HOOK_SECONDS: Final = 30
MESSAGE_CHARS: Final = 2_000
SAID_BYTES: Final = 500
"""Of what a command that failed said, as much as goes to the log."""

Log: TypeAlias = "logging.Logger | logging.LoggerAdapter[logging.Logger]"


def tell_of_failure(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Run the command of the setting `on_failure`, if there is one. A state hook: Prefect calls it by these names."""
    given = {name: flow_run.parameters.get(name) for name in ("inbox", "data")}
    settings = load_settings(**given)
    if settings.on_failure is not None:
        what = describe_failure(flow.name, flow_run, state)
        what |= {"inbox": settings.inbox_name, "data": settings.data_name}
        run_hook(settings.on_failure, what, flow_run_logger(flow_run, flow))


def describe_failure(flow_name: str, flow_run: FlowRun, state: State[Any]) -> dict[str, Any]:
    """What happened, in plain values."""
    return {
        "event": state.type.value.lower(),
        "message": (state.message or "")[:MESSAGE_CHARS],
        "flow": flow_name,
        "flow_run": flow_run.name,
        "flow_run_id": str(flow_run.id),
        "deployment_id": str(flow_run.deployment_id) if flow_run.deployment_id else None,
        "started_at": _show_time(flow_run.start_time),
        "ended_at": _show_time(state.timestamp),
        "host": socket.gethostname(),
        "winnow": transforms.__version__,
    }


def _show_time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def run_hook(command: str, summary: dict[str, Any], log: Log, seconds: float = HOOK_SECONDS) -> bool:
    """Run `command` with `summary` as JSON on its standard input; says whether it ended well.

    It is split into words as a shell does it, and no more: no variables, no patterns, no pipes. After `seconds` it is
    killed with all that it started.
    """
    try:
        return _run(shlex.split(command), json.dumps(summary).encode() + b"\n", log, seconds)
    except OSError as error:
        log.warning("on_failure could not run: %s", error)
        return False


def _run(words: list[str], given: bytes, log: Log, seconds: float) -> bool:
    # Files, not pipes: a command that does not read, or says much, holds nobody up.
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as said:
        source.write(given)
        source.seek(0)
        process = subprocess.Popen(  # noqa: S603 - the user's own command, from the settings
            words, stdin=source, stdout=said, stderr=said, start_new_session=True
        )
        try:
            code: int | None = process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if code != 0:
            said.seek(0)
            what = f"did not end in {seconds} seconds" if code is None else f"ended with exit code {code}"
            log.warning("on_failure %s: %s", what, said.read(SAID_BYTES).decode("utf-8", "replace").strip())
        return code == 0
