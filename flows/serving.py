"""`winnow serve`: one machine that takes in what is new on a schedule, through Prefect's deployments and runner.

With a Prefect server configured the deployments are served there; without, a server of the store's own runs as long as
this does. Runs of one deployment never overlap (see ONE_AT_A_TIME), runs of different ones meet the lock of the store.
What was missed is made up for by one run, the first one: a run takes in all that is new.
"""

import asyncio
import logging
import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from httpx import HTTPError
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
from prefect.client.schemas.objects import (
    ConcurrencyLimitConfig,
    ConcurrencyLimitStrategy,
    FlowRun,
    StateType,
)
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import ObjectNotFound, TerminationSignal
from prefect.runner import Runner
from prefect.schedules import Schedule
from prefect.states import Crashed

from flows.backfill import backfill
from flows.errors import SettingsError, StoreLockedError
from flows.ingest import SKIPPED, ingest
from flows.settings import Settings
from flows.storage import Store, lock_store
from flows.watching import Watch

LOG: Final = logging.getLogger("prefect.runner")

ONE_AT_A_TIME: Final = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
"""Of `ingest`: a run that would overlap is cancelled before it starts; the next one takes in what it would have."""

ONE_AFTER_ANOTHER: Final = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE)
"""Of `backfill`: each was asked for, so it waits for its turn."""

QUERY_SECONDS: Final = 2
"""Between two looks for runs that are due."""

POLL_SECONDS: Final = 1.0
"""Between two looks at a run that was started."""

UNDER_WAY: Final[Sequence[StateType]] = (StateType.PENDING, StateType.RUNNING, StateType.CANCELLING)


def make_schedule(every_minutes: float, cron: str | None) -> Schedule:
    """An interval, or the times of a cron expression (UTC); SettingsError when it is none."""
    if cron is None:
        return Schedule(interval=timedelta(minutes=every_minutes))
    try:
        return Schedule(cron=CronSchedule(cron=cron).cron, timezone="UTC")
    except ValueError as error:
        raise SettingsError(f"cron = {cron!r}: Prefect takes it for no cron expression, such as '0 6 * * *'") from error


def serve_store(settings: Settings, schedule: Schedule, name: str | None, *, watches: bool, is_alone: bool) -> None:
    """Serve `ingest` on the schedule and `backfill` by hand until the process is told to stop.

    `name`: of this store, behind those of its deployments, where a Prefect server has several. `watches`: files that
    arrive start a run, too. `is_alone`: nobody else has runs on this Prefect server. SettingsError when the server has
    a deployment of that name for another store.
    """
    ingest_name, backfill_name = name_deployments(name)
    store = {"data": settings.data_url or str(settings.data.resolve())}
    if not is_alone:
        refuse_other_store(f"{ingest.name}/{ingest_name}", store["data"])
    runner = Runner(name="winnow", query_seconds=QUERY_SECONDS)
    ingest_id = runner.add_flow(
        ingest,
        name=ingest_name,
        schedule=schedule,
        concurrency_limit=ONE_AT_A_TIME,
        parameters={"inbox": settings.inbox_url or str(settings.inbox.resolve()), **store},
    )
    runner.add_flow(backfill, name=backfill_name, concurrency_limit=ONE_AFTER_ANOTHER, parameters=store)
    if is_alone:
        mark_lost(Store(settings.data))
    stop = threading.Event()
    threading.Thread(target=_start_runs, args=(settings, ingest_id, stop, watches), daemon=True).start()
    try:
        asyncio.run(runner.start())
    except (KeyboardInterrupt, TerminationSignal):
        LOG.info("told to stop")
    finally:
        stop.set()


def name_deployments(name: str | None) -> tuple[str, str]:
    """Names of the deployments of a store that is called `name`: `ingest-desk` and `backfill-desk`."""
    return (f"ingest-{name}", f"backfill-{name}") if name else ("ingest", "backfill")


def refuse_other_store(deployment: str, data: str) -> None:
    """SettingsError when the Prefect server knows `deployment` as that of another store than `data`.

    Served twice under one name, a run of one store would be given to the process that serves the other.
    """
    try:
        with get_client(sync_client=True) as client:
            other = client.read_deployment_by_name(deployment).parameters.get("data")
    except ObjectNotFound:
        return
    if other != data:
        raise SettingsError(
            f"the Prefect server has a deployment {deployment} already, for {other or 'the store of its worker'}. "
            "Give this store a name of its own: `winnow serve --name NAME`."
        )


def mark_lost(store: Store) -> list[FlowRun]:
    """Mark runs as crashed that were under way when the last server of this store ended; none is, if it is in use."""
    try:
        with lock_store(store, "`winnow serve`, which looks for lost runs"), get_client(sync_client=True) as client:
            under_way = FlowRunFilterState(type=FlowRunFilterStateType(any_=list(UNDER_WAY)))
            lost = client.read_flow_runs(flow_run_filter=FlowRunFilter(state=under_way))
            for run in lost:
                client.set_flow_run_state(
                    run.id, Crashed(message="Its process ended with the last server."), force=True
                )
            return lost
    except StoreLockedError:
        return []


def _start_runs(settings: Settings, ingest_id: UUID, stop: threading.Event, watches: bool) -> None:
    """Start a first run, which makes up for all that was missed; then, if asked to, one whenever files arrive."""
    with get_client(sync_client=True) as client:
        if not watches:
            client.create_flow_run_from_deployment(ingest_id)
            return
        watch = Watch(settings)
        while not stop.is_set():
            try:
                if watch.is_due() and run_ingest(client, ingest_id, stop):
                    watch.note_taken()
            except (HTTPError, ObjectNotFound) as error:
                # The server is away, or the run was deleted: the next look finds the same files.
                LOG.warning("no run could be started for the files that arrived: %s", error)
            stop.wait(watch.seconds_between_looks)


def run_ingest(client: SyncPrefectClient, ingest_id: UUID, stop: threading.Event) -> bool:
    """Start a run and wait for its end; False when it never began or was skipped, so that somebody has to try again."""
    run = client.create_flow_run_from_deployment(ingest_id)
    while not stop.wait(POLL_SECONDS):
        run = client.read_flow_run(run.id)
        if run.state is not None and run.state.is_final():
            return run.run_count > 0 and run.state.name != SKIPPED
    return False
