"""Exceptions of the transforms.

TransformError
└── RejectedRecordError   one record cannot be taken in; becomes a row of FAILURES, never ends a run

A reader raises RejectedRecordError for input that it cannot take. Everything else that a transform raises is a mistake
in the program and ends the run.
"""

from __future__ import annotations

from transforms.contracts.vocabulary import REJECT_REASONS


class TransformError(Exception):
    """Any error that a transform raises on purpose."""


class RejectedRecordError(TransformError):
    """One record cannot be taken in.

    `reason_code` is a key of REJECT_REASONS (KeyError for any other), `detail` a sentence with the values that led to
    the rejection: sizes in bytes, positions, marks found.
    """

    def __init__(self, reason_code: str, detail: str) -> None:
        """Open the message with the sentence that the vocabulary has for `reason_code`."""
        _, sentence = REJECT_REASONS[reason_code]
        super().__init__(f"{sentence} {detail}".strip())
        self.reason_code = reason_code
        self.detail = detail
