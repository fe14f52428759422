"""Watching the inbox: whether files arrived, and lie still.

It is looked at again and again, as a run looks at it, names and status of every file. Notices of the system would come
at once, but they do not come from network folders, they are lost when many come together, and their number is limited;
and a run waits for files to settle anyway. A look at 100,000 files takes some seconds, and looks are made so
seldom that they take a twentieth of one core at most.
"""

import logging
from time import monotonic
from typing import Final

from flows.discovery import digest_inbox
from flows.settings import Settings
from flows.storage import Store

LEAST_SECONDS_BETWEEN_LOOKS: Final = 2.0

LOOK_SHARE: Final = 0.05
"""Of the time of one core that looking may take."""

LONGEST_UNREST_SECONDS: Final = 60.0
"""Files that keep arriving are not waited for any longer than this."""

LOG: Final = logging.getLogger("prefect.runner")


class Watch:
    """What was seen of an inbox, and what of it a run has taken in."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is seen yet: the first look is due for a run."""
        self._settings = settings
        self._seen: str | None = None
        self._taken: str | None = None
        self._restless_since: float | None = None
        self.seconds_between_looks = LEAST_SECONDS_BETWEEN_LOOKS

    def is_due(self) -> bool:
        """Look; whether something arrived since the last run and has lain still since the last look, or too long."""
        seen, self._seen = self._seen, self._look()
        if self._seen is None or self._seen == self._taken:
            self._restless_since = None
            return False
        now = monotonic()
        if self._restless_since is None:
            self._restless_since = now
        return self._seen == seen or now - self._restless_since >= LONGEST_UNREST_SECONDS

    def note_taken(self) -> None:
        """A run has looked at the inbox since the last look here."""
        self._taken, self._restless_since = self._seen, None

    def _look(self) -> str | None:
        """A digest of what lies in the inbox; None while it cannot be looked at, as when a network folder is away."""
        start = monotonic()
        try:
            return digest_inbox(self._settings, Store(self._settings.data))
        except OSError as error:
            LOG.warning("the inbox %s cannot be looked at: %s", self._settings.inbox, error)
            return None
        finally:
            took = monotonic() - start
            self.seconds_between_looks = max(LEAST_SECONDS_BETWEEN_LOOKS, took / LOOK_SHARE)
