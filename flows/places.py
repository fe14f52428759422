"""Places outside the file system: URLs of object stores, and the folder of this machine that stands for each."""

import hashlib
import re
from pathlib import Path
from typing import Final

SCHEMES: Final = ("s3", "gs", "az")
"""What a URL may begin with: Amazon S3 and what speaks its protocol, Google Cloud Storage, Azure Blob Storage."""

URL_SHAPE: Final = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<bucket>[^/]+)(?P<prefix>/.*)?")


def clean_url(text: str) -> str | None:
    """`text` without a slash at its end when it is a URL, and None when it is the path of a folder.

    Raises ValueError when it is a URL that cannot be used.
    """
    if "://" not in text:
        return None
    match = URL_SHAPE.fullmatch(text.rstrip("/"))
    if match is None or match["scheme"] not in SCHEMES:
        raise ValueError(f"a URL must read {', '.join(f'{scheme}://BUCKET/PREFIX' for scheme in SCHEMES)}")
    prefix = (match["prefix"] or "").removeprefix("/")
    if any(part in ("", ".", "..") for part in prefix.split("/")) and prefix:
        raise ValueError("a URL must hold no empty part, and neither . nor ..")
    if any(character in text for character in "*?[]#"):
        raise ValueError("a URL must hold none of * ? [ ] #, which readers take for a pattern")
    return text.rstrip("/")


def name_working_copy(cache: Path, url: str) -> Path:
    """The folder in which a run of this machine works on the store at `url`."""
    return name_mirror(cache, url) / "store"


def name_mirror(cache: Path, *urls: str) -> Path:
    """The folder under `cache` that stands for these URLs on this machine."""
    return cache.expanduser() / hashlib.sha256("\n".join(urls).encode()).hexdigest()[:20]
