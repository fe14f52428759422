"""One file in compressed form: gzip, bzip2, xz, Zstandard."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import pyarrow as pa

from transforms.contracts.vocabulary import CONTAINER_TYPES
from transforms.parse.parts import CHUNK_BYTES, Budget, Part, blame_content
from transforms.parse.sniff import split_endings


def unpack_compressed(part: Part, media_type: str, budget: Budget) -> Iterator[Part]:
    """Give the file that `part` holds in compressed form, under its name without the ending.

    RejectedRecordError: `damaged` when it is cut short or broken anywhere, `unpacks_too_large`.
    """
    chunks: list[bytes] = []
    with blame_content(f"unpacking {media_type}"):
        for chunk in DECOMPRESSORS[media_type](part.content):
            budget.take_bytes(len(chunk))
            chunks.append(chunk)
    stem, ending = split_endings(part.name)
    # A name without the ending is that of the file itself: only its bytes said that it is compressed.
    name = stem if CONTAINER_TYPES.get(ending) == media_type else part.name
    yield Part(part.member, name, b"".join(chunks), stated=part.stated)


def _read_gzip(content: bytes) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
        yield from _read_pieces(stream)


def _read_bzip2(content: bytes) -> Iterator[bytes]:
    with bz2.BZ2File(io.BytesIO(content)) as stream:
        yield from _read_pieces(stream)


def _read_xz(content: bytes) -> Iterator[bytes]:
    with lzma.LZMAFile(io.BytesIO(content)) as stream:
        yield from _read_pieces(stream)


def _read_zstandard(content: bytes) -> Iterator[bytes]:
    with pa.CompressedInputStream(pa.BufferReader(content), "zstd") as stream:
        yield from _read_pieces(stream)


def _read_pieces(stream: Any) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK_BYTES):
        yield chunk


DECOMPRESSORS: Final[Mapping[str, Callable[[bytes], Iterator[bytes]]]] = {
    "application/gzip": _read_gzip,
    "application/x-bzip2": _read_bzip2,
    "application/x-xz": _read_xz,
    "application/zstd": _read_zstandard,
}
"""Media type -> what unpacks it, in pieces of at most CHUNK_BYTES."""
