"""Requests to a bucket that go wrong, at a point that is chosen, in a process of their own."""

import itertools
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final, TypeVar

from tests.support.processes import start_process

T = TypeVar("T")

KILLS: Final = ("kill before", "kill within", "kill after")
CUT: Final = "cut before"


@dataclass(frozen=True)
class Fault:
    """What happens at the request number `at` (from 0): one of KILLS, or CUT, which breaks the line to the store.

    `seconds`: how long after its beginning a request is killed. Renewals of the lease are not counted.
    """

    what: str
    at: int
    seconds: float = 0


def disturb(fault: Fault, control: int | None, log: Path) -> None:
    """Let `fault` happen in this process; the name of each request goes to `log`."""
    from flows.bucket import Bucket
    from flows.lease import RENEWING
    from tests.support.object_store import cut

    numbers = itertools.count()
    call = Bucket.call

    def disturbed(bucket: Bucket, action: str, key: str, request: Callable[[], T]) -> T:
        if threading.current_thread().name == RENEWING:
            # How often the lease is renewed depends on how long things take.
            return call(bucket, action, key, request)
        number = next(numbers)
        with log.open("a") as sink:
            sink.write(f"{action} {key}\n")
        if number == fault.at:
            if fault.what == "kill before":
                os.kill(os.getpid(), signal.SIGKILL)
            if fault.what == "kill within":
                threading.Thread(target=_kill_later, args=(fault.seconds,), daemon=True).start()
            if fault.what == CUT and control is not None:
                cut(control)
        answer = call(bucket, action, key, request)
        if number == fault.at and fault.what == "kill after":
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    Bucket.call = disturbed  # type: ignore[method-assign,assignment]


def _kill_later(seconds: float) -> None:
    time.sleep(seconds)
    os.kill(os.getpid(), signal.SIGKILL)


def _run(command: str, make_settings: dict[str, Any], environment: dict[str, str], fault: Fault, more: Any) -> None:
    """What the disturbed process does; it ends with 0, with 1 when the store could not be worked with, or killed."""
    os.environ.update(environment)
    from flows.errors import StoreError
    from tests.support.object_store import settings_on, take_in_remotely

    disturb(fault, *more)
    try:
        take_in_remotely(settings_on(**make_settings), command)
    except StoreError:
        raise SystemExit(1) from None


def start_disturbed(
    command: str,
    make_settings: dict[str, Any],
    environment: dict[str, str],
    fault: Fault,
    log: Path,
    control: int | None = None,
) -> BaseProcess:
    """Start `command` in a process of its own. `make_settings` are the arguments of `settings_on`."""
    return start_process(_run, command, make_settings, environment, fault, (control, log))
