"""``python -m xovis_platform.supply.sbom [FOLDER]``: what the platform is made of, as CycloneDX: ``python.json``, ``npm.json``.

Both are made of the locks alone, so they tell what is installed from them, whatever this machine has.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VERSION = "1.6"


def write(folder: Path) -> list[Path]:
    """Write both into the folder; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    python, npm = folder / "python.json", folder / "npm.json"
    lock = ["requirements", "requirements.lock", "--pyproject", "pyproject.toml", "--spec-version", VERSION]
    # It warns of what a flat list of requirements can't say: which of them needs which.
    _run([sys.executable, "-W", "ignore", "-m", "cyclonedx_py", *lock, "--output-reproducible", "-o", str(python)])
    npm.write_text(
        _run(["npm", "sbom", "--package-lock-only", "--sbom-format", "cyclonedx", "--sbom-type", "application"])
    )
    return [python, npm]


def _run(command: Sequence[str]) -> str:
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def main() -> int:
    for path in write(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / ".data" / "sbom")):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
