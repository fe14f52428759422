"""What `pipeline_version` says."""

import hashlib
from pathlib import Path

import transforms
from transforms.version import name_pipeline


def test_the_version_of_a_row_names_the_code_and_every_model() -> None:
    released, _, models = name_pipeline().partition("+")
    assert released == transforms.__version__
    shipped = {path.stem: path.read_bytes() for path in Path(transforms.__file__).parent.rglob("*-[0-9]*.npz")}
    parts = models.split(".")
    named = dict(zip(parts[::2], parts[1::2], strict=True))
    assert named.keys() == shipped.keys()
    assert all(hashlib.sha256(shipped[name]).hexdigest().startswith(digest) for name, digest in named.items())
