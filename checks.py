"""All checks with one command: ``python checks.py``. CI calls the line in the README that calls this."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent
SCRIPTS = Path(sysconfig.get_path("scripts"))

CHECKS = {
    "format": (sys.executable, "-m", "ruff", "format", "--check", "."),
    "lint": (sys.executable, "-m", "ruff", "check", "."),
    "types": (sys.executable, "-m", "mypy"),
    "floors": (str(SCRIPTS / "lint-imports"),),
    "tests": (sys.executable, "-m", "pytest", "-n", "2", "--dist", "worksteal"),
}


def main() -> int:
    """Runs every check, says which failed, and returns how many."""
    failed = []
    for name, command in CHECKS.items():
        print(f"== {name}", flush=True)  # noqa: T201  this is a program
        if subprocess.run(command, cwd=ROOT, check=False).returncode:  # noqa: S603  the commands are above
            failed.append(name)
    print("All checks passed." if not failed else f"Failed: {', '.join(failed)}.", flush=True)  # noqa: T201
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
