"""Keys of a profile of the AWS command line, which object_store does not read by itself.

The library itself knows `AWS_ACCESS_KEY_ID` and its fellows, web identities, containers and instances.
"""

import configparser
import os
from pathlib import Path
from typing import Any, Final

from flows.errors import StoreError

KEYS: Final = {
    "aws_access_key_id": "access_key_id",
    "aws_secret_access_key": "secret_access_key",
    "aws_session_token": "session_token",
    "region": "region",
    "endpoint_url": "endpoint",
}
"""What a profile may say -> what the library calls it."""

GIVEN_OTHERWISE: Final = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_SKIP_SIGNATURE",
)


def find_credentials() -> dict[str, Any]:
    """What the profile says (`AWS_PROFILE`, else `default`); nothing when the environment has credentials.

    StoreError when a profile is asked for by name and has no keys of its own, as those of single sign-on.
    """
    if any(os.environ.get(name) for name in GIVEN_OTHERWISE):
        return {}
    asked = os.environ.get("AWS_PROFILE")
    profile = _read_profile(asked or "default")
    if asked and "access_key_id" not in profile:
        raise StoreError(
            f"the AWS profile {asked} holds no access key. Profiles of single sign-on or of a role: "
            f'`eval "$(aws configure export-credentials --profile {asked} --format env)"`, then run again.'
        )
    return profile if "access_key_id" in profile else {}


def _read_profile(name: str) -> dict[str, Any]:
    home = Path.home() / ".aws"
    read = configparser.RawConfigParser()
    read.read(
        [
            Path(os.environ.get("AWS_CONFIG_FILE", home / "config")).expanduser(),
            Path(os.environ.get("AWS_SHARED_CREDENTIALS_FILE", home / "credentials")).expanduser(),
        ],
        encoding="utf-8",
    )
    said: dict[str, str] = {}
    for section in (f"profile {name}", name):
        said |= dict(read[section]) if read.has_section(section) else {}
    # The environment goes over the profile, as with the command line.
    environment = {"region": ("AWS_REGION", "AWS_DEFAULT_REGION"), "endpoint": ("AWS_ENDPOINT_URL", "AWS_ENDPOINT")}
    return {
        ours: said[theirs]
        for theirs, ours in KEYS.items()
        if theirs in said and not any(os.environ.get(variable) for variable in environment.get(ours, ()))
    }
