"""The command as an officer calls it, and one run that many tests look at."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import pytest

from listing.making import firms, listed, office_workbook
from register.making import Answer, Command, command, once


@pytest.fixture
def littlegiant(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.setenv("COLUMNS", "200")
    return command(monkeypatch, capsys)


@dataclass(frozen=True)
class Run:
    """The officer's workbook and the folder with what came back."""

    workbook: Path
    before: bytes
    out: Path

    @property
    def listed(self) -> Path:
        return self.out / "firms-评估结果.xlsx"


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """60 firms with gaps among their figures, listed once; not to be written into."""

    def make(folder: Path) -> None:
        workbook = office_workbook(folder / "firms.xlsx", firms(60, seed=4, missing=0.05))
        (folder / "before").write_bytes(workbook.read_bytes())
        listed(workbook, folder / "out")

    folder = once(tmp_path_factory, "listing-run", make)
    return Run(folder / "firms.xlsx", (folder / "before").read_bytes(), folder / "out")


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def at_terminal(monkeypatch: pytest.MonkeyPatch, littlegiant: Command) -> Command:
    """The command with a person before it: `answers` are the lines that are typed."""

    def call(*arguments: object, answers: str = "") -> Answer:
        # The fixture puts a plain text in place of the keyboard; here it is one that says it is a terminal.
        with monkeypatch.context() as patch:
            patch.setattr("register.making.io.StringIO", _Terminal)
            return littlegiant(*arguments, answers=answers)

    return call
