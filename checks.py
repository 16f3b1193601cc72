"""All checks with one command: ``python checks.py``. CI calls the line in the README that calls this."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent
SCRIPTS = Path(sysconfig.get_path("scripts"))

#: The tests run on both cores already: threads of the linear algebra under them would only wait for one another.
ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", **os.environ}

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
        if subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, check=False).returncode:  # noqa: S603  the commands are above
            failed.append(name)
    print("All checks passed." if not failed else f"Failed: {', '.join(failed)}.", flush=True)  # noqa: T201
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
