"""The one door between the command line and stores that may be in a bucket; where they are folders it does nothing.

The library of buckets is imported behind it, so that whoever has none does not need it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from flows.discovery import Inbox, list_inbox, select_new
from flows.errors import SettingsError
from flows.settings import Settings
from flows.storage import Store
from flows.summary import RunSummary, summarise_idle_inbox


def is_remote(settings: Settings) -> bool:
    """Whether inbox or data are in a bucket."""
    return bool(settings.inbox_url or settings.data_url)


def require_library() -> None:
    """SettingsError when the library of buckets is not installed."""
    try:
        import obstore  # noqa: F401, PLC0415
    except ImportError as error:
        raise SettingsError(f"URLs need the package obstore ({error}): `pip install 'winnow[s3]'`") from error


@contextmanager
def hold_store(settings: Settings, command: str, *, with_inbox: bool = False) -> Iterator[None]:
    """Hold a store in a bucket for the block, and publish what it changed; see `flows.remote.hold_store`."""
    if not is_remote(settings):
        yield
        return
    require_library()
    from flows import remote  # noqa: PLC0415

    with remote.hold_store(settings, command, with_inbox=with_inbox):
        yield


def look_at_inbox(settings: Settings, store: Store, *, remember: bool) -> tuple[Inbox, int]:
    """What lies in the inbox, at once, and the number of objects that a run must fetch before it knows what they are.

    `store` shows the datasets; `remember` writes down what was learned about a folder.
    """
    if settings.inbox_url is None:
        # A cache beside the working copy serves every view of it.
        at_once = settings.model_copy(update={"settle_seconds": 0.0})
        return list_inbox(at_once, Store(settings.data), remember=remember), 0
    require_library()
    from flows.object_inbox import list_objects  # noqa: PLC0415
    from flows.remote import open_to_read  # noqa: PLC0415

    listing = list_objects(settings, open_to_read(settings, settings.inbox_url), store)
    return listing.to_inbox(settings), len(listing.unknown)


def find_idle(settings: Settings, store: Store, *, remember: bool) -> RunSummary | None:
    """The summary of a run with nothing to do, or None when there is something; `store` shows the datasets."""
    inbox, unknown = look_at_inbox(settings, store, remember=remember)
    if unknown or inbox.waiting or select_new(inbox.files, store, remember=remember).height:
        return None
    return summarise_idle_inbox(settings, inbox, store)


def refetch_damaged(settings: Settings) -> list[str]:
    """See `flows.remote.refetch_damaged`; a store in a folder has no copy that could be damaged."""
    if not settings.data_url:
        return []
    require_library()
    from flows import remote  # noqa: PLC0415

    return remote.refetch_damaged(settings)


@contextmanager
def view_store(settings: Settings) -> Iterator[Settings]:
    """The settings with a folder that shows the store as it is now; see `flows.remote.view_store`."""
    if not settings.data_url:
        yield settings
        return
    require_library()
    from flows import remote  # noqa: PLC0415

    with remote.view_store(settings) as seen:
        yield seen


def find_idle_remotely(settings: Settings) -> RunSummary | None:
    """The same for a store in a bucket. Nothing is written there, and no lease is taken: most runs find nothing new."""
    with view_store(settings) as seen:
        from flows.remote import holds_commit  # noqa: PLC0415

        if holds_commit(settings):
            return None
        return find_idle(settings, Store(seen.data), remember=True)
