"""Every command of the ledger's how-to pages, run as written."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```sh( needs-go)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CLEW = """#!{python}
import sys
import typer
from clew.cli import ledger, witness
app = typer.Typer()
app.add_typer(ledger.app, name="ledger")
app.add_typer(witness.app, name="witness")
app()
"""


@pytest.mark.parametrize("page", ["check-the-ledger.md", "ledger-keys.md"])
def test_the_commands_of_the_page_do_what_it_says(tmp_path: Path, page: str) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "clew").write_text(CLEW.format(python=sys.executable))
    (programs / "clew").chmod(0o755)
    has_go = bool(shutil.which("go")) and Path("/usr/share/gocode/src/golang.org/x/mod/sumdb").is_dir()
    blocks = BLOCK.findall((ROOT / "docs/how-to" / page).read_text(encoding="utf-8"))
    assert len(blocks) > 2
    script = "set -eu\n" + "".join(text for needs_go, text in blocks if has_go or not needs_go)
    environment = {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), *filter(None, sys.path)]),
        "CLEW_SOURCE": str(ROOT),
    }
    (tmp_path / "work").mkdir()
    result = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path / "work", env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    if page == "check-the-ledger.md":
        assert "It begins with the 2 entries of the older checkpoint you hold, unchanged." in result.stdout
        assert "cosigned by inspectorate.example/w1" in result.stdout
        assert "Entry 0 of the ledger example.police.uk/ledger (3 entries) is proved" in result.stdout
        assert not has_go or "OK: 3 entries" in result.stdout
