"""`make vendor`: fetches the libraries that the pages of the report use, and writes them into the package.

Versions and digests of the packages are pinned in PACKAGES. What is written is their own minified files, one after the
other, with their licences beside them; nothing is fetched when the project is installed or run.
"""

import base64
import hashlib
import json
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Final

VENDOR: Final = Path(__file__).resolve().parents[2] / "flows" / "site" / "vendor"

PACKAGES: Final = {
    "d3-array": "3.2.5",
    "d3-color": "3.1.1",
    "d3-format": "3.1.3",
    "d3-interpolate": "3.0.2",
    "d3-time": "3.1.1",
    "d3-time-format": "4.1.1",
    "d3-scale": "4.0.3",
    "d3-selection": "3.0.1",
    "d3-axis": "3.0.1",
}
"""In the order in which they need one another. d3-scale and d3-axis draw the charts; the others are what they need."""


def main() -> None:
    """Fetch, check against what was fetched last for the same version, and write."""
    manifest_path = VENDOR / "vendored.json"
    known = json.loads(manifest_path.read_bytes())["packages"] if manifest_path.exists() else []
    pinned = {(entry["name"], entry["version"]): entry["integrity"] for entry in known}
    scripts, licences, entries = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for name, version in PACKAGES.items():
            archive = fetch_package(name, version, Path(folder))
            integrity = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
            if pinned.get((name, version), integrity) != integrity:
                raise SystemExit(f"{name} {version} is not what it was: {integrity}; nothing was written")
            script = read_member(archive, f"package/dist/{name}.min.js")
            licence = read_member(archive, "package/LICENSE")
            scripts.append(script.strip())
            licences.append(f"{name} {version}\n\n{licence.strip()}\n")
            entries.append({"name": name, "version": version, "licence": "ISC", "integrity": integrity})
    bundle = "\n".join(scripts) + "\n"
    VENDOR.mkdir(exist_ok=True)
    (VENDOR / "d3.js").write_text(bundle, encoding="utf-8")
    (VENDOR / "d3-licence.txt").write_text("\n".join(licences), encoding="utf-8")
    digest = hashlib.sha256(bundle.encode()).hexdigest()
    manifest = {"file": "d3.js", "sha256": digest, "packages": entries}
    manifest_path.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    print(f"{VENDOR / 'd3.js'}: {len(bundle):,} bytes, sha256 {digest}")  # noqa: T201


def fetch_package(name: str, version: str, folder: Path) -> Path:
    """The archive of a package, as npm packs it."""
    subprocess.run(["npm", "pack", "--silent", f"{name}@{version}"], cwd=folder, check=True, capture_output=True)
    return folder / f"{name}-{version}.tgz"


def read_member(archive: Path, member: str) -> str:
    """The text of one file of an archive."""
    with tarfile.open(archive) as packed:
        found = packed.extractfile(member)
        if found is None:
            raise SystemExit(f"{archive.name} has no file {member}")
        return found.read().decode()


if __name__ == "__main__":
    main()
