"""What can stop a command, as a tree; each error carries the exit code that the command line leaves with.

    WinnowError
    ├── SettingsError       a setting that cannot be used (2)
    ├── NotFoundError       no document answers to a name (1)
    ├── ServerError         Prefect's server did not start (1)
    ├── StoreError          something about the store stops the run (1)
    │   ├── StoreLockedError    another run holds it
    │   ├── ObjectGoneError     an object is not there (any more)
    │   ├── ObjectChangedError  an object is not what it was when it was looked at
    │   ├── InvalidKeyError     an object has a key that cannot be worked with
    │   └── LeaseLostError      another machine took the store over
    ├── IndexDamagedError   the index is not what a run wrote (1); runs make it again
    └── AuditRefusedError   the result breaks a contract or a law; nothing was published (3)

Bad input is no error: it becomes a row of `rejects`.
"""

from typing import ClassVar


class WinnowError(Exception):
    """Something that a person can act on; the message says what happened and what to do next."""

    exit_code: ClassVar[int] = 1


class SettingsError(WinnowError):
    """A setting that cannot be used; the message names it, its value and what is allowed."""

    exit_code = 2


class NotFoundError(WinnowError):
    """No document answers to the name given."""


class ServerError(WinnowError):
    """Prefect's server did not start; the message holds what it said."""


class StoreError(WinnowError):
    """Something about the store stops the run."""


class StoreLockedError(StoreError):
    """Another run holds the store."""


class ObjectGoneError(StoreError):
    """An object is not in the bucket (any more)."""


class ObjectChangedError(StoreError):
    """An object is not what it was when it was looked at, so the condition of a request does not hold."""


class InvalidKeyError(StoreError):
    """An object has a key with which the library of the store refuses to work."""


class LeaseLostError(StoreError):
    """The lease on an object store ran out, or another machine took it over."""


class IndexDamagedError(WinnowError):
    """The index of fingerprints is not what a run wrote; it can be made again from the texts of the store."""


class AuditRefusedError(WinnowError):
    """The staged rows break a contract or a law; the message is the audit's report."""

    exit_code = 3
