"""What names a document for good."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

IDENTITY_SCHEME: Final = b"winnow document 1"
"""Opens every hashed message. Stored identifiers depend on it: never change it."""

IDENTIFIER_HEX_DIGITS: Final = 32


def identify_document(source_path: str, record: int, content_sha256: str) -> str:
    """Return the `document_id` of one record of one file, as 32 hexadecimal digits.

    `source_path` is the path relative to the inbox, with forward slashes, taken as it is: no Unicode normalisation,
    because two names that differ only in it are two files. `record` counts from 0 within the file. `content_sha256` is
    the SHA-256 of the bytes of the record, in hexadecimal.

    The identifier is the first 128 bits of the SHA-256 of four length-prefixed parts (netstrings), so no two different
    inputs hash the same message. Surrogates, which stand for the bytes of a file name that is not UTF-8, are encoded
    as they are. Identifiers are stored: a change here orphans every store.
    """
    parts = (
        IDENTITY_SCHEME,
        source_path.encode("utf-8", "surrogatepass"),
        str(record).encode("ascii"),
        content_sha256.encode("ascii"),
    )
    message = b"".join(b"%d:%b," % (len(part), part) for part in parts)
    return sha256(message).hexdigest()[:IDENTIFIER_HEX_DIGITS]
