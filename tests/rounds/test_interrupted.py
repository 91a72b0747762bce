"""A hand on the keyboard, a full disk: sealed stages stay whole, the open one is absent, and the same command goes on."""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from littlegiant.problems import LittleGiantError
from littlegiant.records import RoundFolder
from littlegiant.rounds import STAGES as NAMES
from littlegiant.rounds import run, verify

from .making import STAGES, digests, files, full_findings, write_acts, write_programme


def stages(round: Path) -> list[str]:
    folder = round / STAGES
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def scraps(round: Path) -> list[str]:
    return [name for name in files(round) if ".part" in name]


@pytest.fixture
def programme(few: Path, tmp_path: Path) -> Path:
    write_acts(tmp_path, full_findings("SYN000000000000001"))
    return write_programme(tmp_path, few)


def stopping_at(stage: str) -> Callable[[str], None]:
    def progress(now: str) -> None:
        if now == stage:
            raise KeyboardInterrupt

    return progress


@pytest.mark.parametrize("stage", ["01-register", "03-assessment"])
def test_a_run_stopped_between_two_stages_goes_on_where_it_stopped(programme: Path, tmp_path: Path, stage: str) -> None:
    sealed = NAMES.index(stage)
    with pytest.raises(KeyboardInterrupt):
        run(programme, tmp_path / "round", progress=stopping_at(stage))
    assert stages(tmp_path / "round") == list(NAMES[:sealed])
    assert scraps(tmp_path / "round") == []
    before = files(tmp_path / "round")
    result = run(programme, tmp_path / "round", until="summary")
    assert (result.made, result.kept) == (NAMES[sealed:4], NAMES[:sealed])
    after = files(tmp_path / "round")
    assert {name: after[name] for name in before if name != "round.json"} == {
        name: data for name, data in before.items() if name != "round.json"
    }


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device"), RuntimeError("defect")], ids=type)
def test_a_run_stopped_in_the_middle_of_a_stage_leaves_nothing_of_it(
    programme: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def half(register: Any, compiled: Any, *, to: Path, **more: Any) -> None:
        to.write_bytes(b"PAR1 half of a table")
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(import_module("littlegiant.rounds.run"), "assess", half)
        with pytest.raises(LittleGiantError if isinstance(error, OSError) else type(error)) as stopped:
            run(programme, tmp_path / "round")
    if isinstance(stopped.value, LittleGiantError):
        assert stopped.value.exit_code == 3
        assert str(stopped.value) == f"{tmp_path / 'round'}: No space left on device.\n  Free space; sealed stages are whole."
    assert stages(tmp_path / "round") == ["01-register", "02-findings"]
    assert scraps(tmp_path / "round") == []
    assert all(check.holds for check in verify(tmp_path / "round"))
    assert run(programme, tmp_path / "round", until="assessment").made == ("03-assessment",)


def test_a_run_stopped_before_the_first_index_was_written_goes_on(
    programme: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the documents are copied there is a folder with something in it and no `round.json` yet."""

    def stop(self: RoundFolder) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(RoundFolder, "save", stop)
        with pytest.raises(KeyboardInterrupt):
            run(programme, tmp_path / "round")
    assert run(programme, tmp_path / "round", until="register").made == ("01-register",)


def test_a_refused_act_seals_nothing_and_what_was_sealed_is_kept(programme: Path, tmp_path: Path) -> None:
    write_acts(tmp_path, ["{"])
    with pytest.raises(LittleGiantError):
        run(programme, tmp_path / "round")
    assert stages(tmp_path / "round") == ["01-register"]
    write_acts(tmp_path, [])
    result = run(programme, tmp_path / "round", until="findings")
    assert (result.made, result.kept) == (("02-findings",), ("01-register",))


# --- the command itself -------------------------------------------------------------------------------------------------


def command(*arguments: object, room: int | None = None) -> "subprocess.Popen[str]":
    def little_room() -> None:
        if room is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    return subprocess.Popen(
        [sys.executable, "-m", "littlegiant", *map(str, arguments)],
        preexec_fn=little_room,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def interrupted(programme: Path, round: Path) -> tuple[int, str, str]:
    """Run a programme and interrupt it once the first stage is there; return how it ended and what it said."""
    running = command("run", programme, "--out", round)
    until = time.monotonic() + 60
    while not (round / STAGES / "01-register").is_dir() and time.monotonic() < until:
        time.sleep(0.01)
    os.kill(running.pid, signal.SIGINT)
    out, err = running.communicate(timeout=60)
    return running.returncode, out, err


def test_an_interrupted_command_says_so_and_goes_on_afterwards(programme: Path, tmp_path: Path) -> None:
    for attempt in range(5):  # on a busy machine the hand may come when all is done
        round = tmp_path / f"round{attempt}"
        code, out, err = interrupted(programme, round)
        if code:
            break
    assert (code, out) == (130, "")
    assert "Traceback" not in err
    sealed = stages(round)
    assert sealed == list(NAMES[: len(sealed)])
    assert scraps(round) == []
    result = run(programme, round, until="summary")
    assert result.kept == NAMES[: min(4, len(sealed))]
    assert all(check.holds for check in verify(round))
    assert err.endswith("Stopped. Sealed stages are whole; nothing half-written stays.\n")


@pytest.mark.parametrize("room", [3_000, 30_000])
def test_a_full_disk_is_exit_code_3_and_the_same_command_goes_on_when_there_is_room(
    programme: Path, tmp_path: Path, room: int
) -> None:
    """With 3,000 bytes not even the documents can be copied, with 30,000 not the register."""
    running = command("run", programme, "--out", tmp_path / "round", "--until", "summary", room=room)
    out, err = running.communicate(timeout=60)
    assert (running.returncode, out) == (3, "")
    assert "File too large" in err
    assert err.endswith("[world]\n")
    assert scraps(tmp_path / "round") == []
    assert run(programme, tmp_path / "round", until="summary").made[-1] == "04-summary"
    if room > 10_000:
        run(programme, tmp_path / "undisturbed", until="summary")
        assert digests(tmp_path / "round") == digests(tmp_path / "undisturbed")
