import shutil
from pathlib import Path

import pytest

from register.making import Command, command, once

from .making import make_full_round, make_register


@pytest.fixture
def littlegiant(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    return command(monkeypatch, capsys)


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with register, programme, acts and the whole round; not to be written into."""
    return once(tmp_path_factory, "whole-round", make_full_round)


@pytest.fixture(scope="session")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A register of 300 firms; not to be written into."""
    return once(tmp_path_factory, "few-firms", lambda folder: make_register(folder / "register", firms=300)) / "register"


@pytest.fixture
def copied(whole: Path, tmp_path: Path) -> Path:
    """A copy of the whole round, to be spoilt."""
    shutil.copytree(whole / "round", tmp_path / "round")
    return tmp_path / "round"
