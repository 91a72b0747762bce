from dataclasses import dataclass
from pathlib import Path

import pytest

from littlegiant.criticality import Criticality, Known, criticality, open_supply
from littlegiant.register import Register, open_register
from register.making import once

from .making import PACK, YEAR, make_town, make_worked


@dataclass(frozen=True)
class Worked:
    folder: Path
    register: Register
    known: Known
    found: Criticality


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Register:
    """The firms known by hand; not to be written into."""

    def make(folder: Path) -> None:
        make_town(folder)

    return open_register(once(tmp_path_factory, "town", make) / "register")


@pytest.fixture(scope="session")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Worked:
    """Invented firms with recorded links and all other files, and what is computed of them; not to be written into."""
    folder = once(tmp_path_factory, "worked-supply", make_worked)
    register = open_register(folder / "register")
    known = open_supply(folder / "supply.yaml", register, PACK, year=YEAR)
    return Worked(folder, register, known, criticality(known, threads=1))
