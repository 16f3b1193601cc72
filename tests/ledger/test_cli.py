"""The commands, as the operator, the inspector and the coroner type them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from clew.cli import ledger, ledger_checks, witness
from clew.core import ClewError
from tests.ledger.ledgers import LOG_KEY, ORIGIN

ROOT = Path(__file__).resolve().parents[2]
RUNNER = CliRunner()
app = typer.Typer()
app.add_typer(ledger.app, name="ledger")
app.add_typer(witness.app, name="witness")


def run(*words: object) -> Result:
    """Runs a command that succeeds."""
    result = RUNNER.invoke(app, [str(word) for word in words])
    assert result.exit_code == 0, (result.output, result.exception)
    return result


def refused(*words: object) -> ClewError:
    """Runs a command that is refused with words, and a non-zero exit code (the `clew` program prints them)."""
    result = RUNNER.invoke(app, [str(word) for word in words])
    assert isinstance(result.exception, ClewError), (result.output, result.exception)
    return result.exception


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a ledger of three entries; its verifier key in ``vkey``."""
    monkeypatch.chdir(tmp_path)
    shown = run("ledger", "init", "L", "--origin", ORIGIN, "--qr", "key.svg").output
    (tmp_path / "vkey").write_text(next(line for line in shown.splitlines() if line.startswith(f"{ORIGIN}+")) + "\n")
    (tmp_path / "payload.json").write_text('{"outcome": "referred to homicide command"}')
    told = ["--actor", "desk:7", "--basis", "referral:3"]
    run("ledger", "append", "L", "--type", "decision", "--subject", "event:E1", *told, "--payload", "payload.json")
    run("ledger", "append", "L", "--type", "disclosure", "--subject", "event:E1", *told, "--recipient", "coroner")
    lines = [{"type": "review", "subject": "dataset:x", "actor": "desk", "basis": "daily", "at": "2014-06-20T09:00Z"}]
    (tmp_path / "entries.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert json.loads(run("ledger", "append", "L", "--entries", "entries.jsonl", "--json").output) == {
        "first": 2,
        "count": 1,
    }
    return tmp_path


def test_an_inspector_with_a_copy_and_a_key_is_told_what_is_proved_and_what_is_not(place: Path) -> None:
    text = run("ledger", "verify", "L", "--key", "vkey").output
    assert text.startswith("Proves:\n")
    assert "Does not prove:\n" in text
    assert "can rewrite all 3 entries" in text
    found = json.loads(run("ledger", "verify", "L", "--key", (place / "vkey").read_text().strip(), "--json").output)
    assert (found["origin"], found["entries"], found["entries_held_by_others"]) == (ORIGIN, 3, 0)


def test_no_key_is_a_question_of_usage_and_a_false_copy_one_of_integrity(place: Path) -> None:
    assert refused("ledger", "verify", "L").exit_code == 2
    (place / "L/vkey").write_text((place / "vkey").read_text())
    assert refused("ledger", "verify", "L", "--key", "L/vkey").exit_code == 2
    assert refused("ledger", "verify", "L", "--key", "vkey", "--older", "L/checkpoint").exit_code == 2
    tile = place / "L/tile/entries/000.p/3"
    tile.write_bytes(tile.read_bytes().replace(b"desk:7", b"desk:8", 1))
    assert refused("ledger", "verify", "L", "--key", "vkey").exit_code == 3


def test_the_log_shows_entries_with_their_payloads(place: Path) -> None:
    assert "event:E1" in run("ledger", "log", "L").output
    shown = json.loads(run("ledger", "log", "L", "--json", "--first", "1").output)["entries"]
    assert [e["index"] for e in shown] == [1, 2]
    assert shown[0]["payload"] == {"recipient": "coroner"}
    assert shown[1]["at"] == "2014-06-20T09:00:00Z"


def test_a_coroner_checks_one_entry_from_one_file(place: Path) -> None:
    run("ledger", "prove", "L", "0", "--with-payload", "--out", "e.tlog-proof")
    assert (place / "e.tlog-proof").read_text().startswith("c2sp.org/tlog-proof@v1\n")
    assert "referred to homicide command" in run("ledger", "check-proof", "e.tlog-proof", "--key", "vkey").output
    found = json.loads(run("ledger", "check-proof", "e.tlog-proof", "--key", "vkey", "--json").output)
    assert (found["entry"], found["leaf"]["subject"], found["size"]) == (0, "event:E1", 3)
    assert refused("ledger", "check-proof", "e.tlog-proof", "--key", LOG_KEY.verifier).exit_code == 3
    refused("ledger", "prove", "L", "3")


def test_no_byte_of_a_proof_can_change_unnoticed(place: Path) -> None:
    run("ledger", "prove", "L", "1", "--with-payload", "--out", "e.tlog-proof")
    from clew.ledger import VerificationError
    from clew.ledger.evidence import check_evidence
    from clew.ledger.keys import load_verifier_keys

    whole, keys = (place / "e.tlog-proof").read_bytes(), load_verifier_keys("vkey")
    check_evidence(whole, keys)
    for at in range(len(whole)):
        with pytest.raises(VerificationError):
            check_evidence(whole[:at] + bytes([whole[at] ^ 0x01]) + whole[at + 1 :], keys)


def test_a_witness_cosigns_from_a_memory_stick_and_the_quorum_is_then_met(place: Path) -> None:
    shown = run("witness", "init", "W", "--name", "inspectorate.example/w1").output
    key = next(line for line in shown.splitlines() if line.startswith("inspectorate.example/w1+"))
    (place / "policy").write_text(f"log {(place / 'vkey').read_text().strip()}\nwitness w {key}\nquorum w\n")
    run("witness", "watch", "W", "vkey")
    assert refused("ledger", "verify", "L", "--policy", "policy").exit_code == 3
    run("ledger", "prove", "L", "0", "--out", "alone.tlog-proof")
    assert "has not the quorum" in str(refused("ledger", "check-proof", "alone.tlog-proof", "--policy", "policy"))
    run("ledger", "consistency", "L", "--out", "request.txt")
    run("witness", "cosign", "W", "request.txt", "--out", "cosigned.txt")
    run("ledger", "cosign", "L", "--witness", key, "--from", "cosigned.txt")
    assert "cosigned by inspectorate.example/w1" in run("ledger", "verify", "L", "--policy", "policy").output
    run("ledger", "erase", "L", "0", "--actor", "records:2", "--basis", "retention:2031")
    run("witness", "cosign", "W", "L", "--out", "again.txt")  # from a copy of the folder
    run("ledger", "prove", "L", "0", "--out", "e.tlog-proof")
    assert "Cosigned by" in run("ledger", "check-proof", "e.tlog-proof", "--policy", "policy").output
    run("ledger", "consistency", "L", "--from", "cosigned.txt", "--out", "growth.txt")
    grown = run("ledger", "check-proof", "growth.txt", "--key", "vkey", "--older", "cosigned.txt").output
    assert "of 4 entries begins with the 3 you saw" in grown
    (row,) = json.loads(run("witness", "show", "W", "--json").output)["ledgers"]
    assert (row["origin"], row["entries"], row["evidence"]) == (ORIGIN, 4, [])
    assert "4 entries held" not in run("witness", "show", "W").output
    assert (
        "It begins with the 4 entries" in run("ledger", "verify", "L", "--key", "vkey", "--older", row["held"]).output
    )


def test_a_rewritten_ledger_is_refused_by_the_witness_and_the_evidence_is_shown(place: Path) -> None:
    run("witness", "init", "W", "--name", "inspectorate.example/w1")
    run("witness", "watch", "W", "vkey")
    run("witness", "cosign", "W", "L", "--out", "cosigned.txt")
    (place / "L").rename(place / "honest")
    from clew.ledger import Ledger
    from clew.ledger.keys import load_signing_key

    rewritten = Ledger.create(place / "L", load_signing_key(place / "L.key", place / "L"))
    from tests.ledger.ledgers import entry

    rewritten.append(entry(number) for number in range(4))
    run("ledger", "verify", "L", "--key", "vkey")
    assert refused("witness", "cosign", "W", "L").exit_code == 3
    assert "refused, evidence kept" in run("witness", "show", "W").output
    assert refused("ledger", "verify", "L", "--key", "vkey", "--older", "cosigned.txt").exit_code == 3


def test_a_key_is_rotated_and_both_sign(place: Path) -> None:
    shown = run("ledger", "rotate", "L", "--new-key-file", "new.key", "--actor", "records:2").output
    (place / "new.vkey").write_text(next(line for line in shown.splitlines() if line.startswith(f"{ORIGIN}+")) + "\n")
    told = ["--type", "decision", "--actor", "desk:7", "--subject", "event:E2", "--basis", "referral:3"]
    run("ledger", "append", "L", *told, "--key-file", "L.key", "--key-file", "new.key")
    for key in ("vkey", "new.vkey"):
        run("ledger", "verify", "L", "--key", key)
    run("ledger", "append", "L", *told, "--key-file", "new.key")
    assert refused("ledger", "append", "L", *told).exit_code == 3
    assert run("ledger", "key", "new.key").output.splitlines()[1] == (place / "new.vkey").read_text().strip()


def test_fsck_finds_mends_and_says_so_with_its_exit_code(place: Path) -> None:
    assert "0 findings" in run("ledger", "fsck", "L").output
    (place / "L/tile/0/000.p/9").write_bytes(bytes(32 * 9))
    found = RUNNER.invoke(app, ["ledger", "fsck", "L", "--json"])
    assert found.exit_code == 3
    assert json.loads(found.output)["findings"] == [
        {"what": "tile/0/000.p/9 is not part of the ledger.", "mended": False}
    ]
    assert "mended" in run("ledger", "fsck", "L", "--mend").output
    assert "0 findings" in run("ledger", "fsck", "L").output


@pytest.mark.parametrize(
    "words",
    [
        ["ledger", "init", "L", "--origin", ORIGIN],
        ["ledger", "init", "M", "--origin", "two words"],
        ["ledger", "init", "M", "--origin", ORIGIN, "--key-file", "M/key"],
        ["ledger", "append", "L"],
        ["ledger", "append", "L", "--type", "decision"],
        ["ledger", "append", "L", "--entries", "vkey"],
        ["ledger", "append", "nowhere", "--type", "decision"],
        ["ledger", "log", "nowhere"],
        ["ledger", "verify", "nowhere", "--key", "vkey"],
        ["ledger", "verify", "L", "--key", "nonsense"],
        ["ledger", "verify", "L", "--policy", "vkey"],
        ["ledger", "check-proof", "payload.json", "--key", "vkey"],
        ["ledger", "check-proof", "nowhere", "--key", "vkey"],
        ["ledger", "consistency", "L", "--from", "nonsense"],
        ["ledger", "consistency", "L", "--from", "9"],
        ["ledger", "cosign", "L"],
        ["ledger", "timestamp", "L"],
        ["ledger", "key", "vkey"],
        ["witness", "show", "nowhere"],
        ["witness", "cosign", "nowhere", "vkey"],
    ],
)
def test_every_mistake_is_answered_with_words(place: Path, words: list[str]) -> None:
    error = refused(*words)
    assert error.exit_code in (2, 3)
    assert str(error)


def test_a_failed_start_leaves_no_key_behind(place: Path) -> None:
    (place / "full").mkdir()
    (place / "full/file").write_text("x")
    refused("ledger", "init", "full", "--origin", ORIGIN)
    assert not (place / "full.key").exists()


def test_every_command_has_an_example() -> None:
    commands = [*ledger.app.registered_commands, *witness.app.registered_commands]
    assert len(commands) == 18
    for command in commands:
        assert command.callback is not None
        assert "Example: clew " in (command.callback.__doc__ or "")
    assert ledger_checks.__doc__


def test_the_witness_serves_until_it_is_stopped(place: Path) -> None:
    run("witness", "init", "W", "--name", "inspectorate.example/w1")
    run("witness", "watch", "W", "vkey")
    key = run("ledger", "key", "W.key").output.splitlines()[1]
    program = "import sys; from clew.cli.witness import app; app(['serve', 'W', '--port', '0'])"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), *sys.path])}
    with subprocess.Popen(
        [sys.executable, "-c", program], stderr=subprocess.PIPE, text=True, cwd=place, env=environment
    ) as server:
        assert server.stderr is not None
        url = server.stderr.readline().split()[-1]
        try:
            run("ledger", "cosign", "L", "--witness", key, "--url", url)
            (place / "policy").write_text(f"witness w {key} {url}\nquorum w\n")
            run("ledger", "cosign", "L", "--policy", "policy")
        finally:
            server.send_signal(signal.SIGINT)
    assert server.returncode == 0
    run("ledger", "verify", "L", "--key", "vkey", "--policy", "policy")
