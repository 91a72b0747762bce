import pytest

from .making import Command, command


@pytest.fixture
def littlegiant(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    return command(monkeypatch, capsys)
