from pathlib import Path

import pytest

from littlegiant.packs import open_pack
from littlegiant.register import synthesise
from register.making import Command, command, once


@pytest.fixture
def littlegiant(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.setenv("COLUMNS", "200")
    return command(monkeypatch, capsys)


@pytest.fixture(scope="session")
def register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A register of 500 firms; not to be written into."""

    def make(folder: Path) -> None:
        synthesise(open_pack("cn"), folder / "register", firms=500, years=(2023, 2024, 2025), seed=7)

    return once(tmp_path_factory, "cli-firms", make) / "register"
