"""A round as one side of a comparison: the register, findings and rule it was judged by, from its own folder."""

from pathlib import Path

import pyarrow.parquet as pq

from littlegiant.assessment.comparison import Side
from littlegiant.problems import refuse
from littlegiant.records import RoundFolder
from littlegiant.register import open_register
from littlegiant.rounds.setting import read_setting


def side_of_round(path: Path, *, register: Path | None = None) -> Side:
    """Return what the round in `path` rests on; `register` says where its register lies when it was not copied."""
    folder = RoundFolder.open(path)
    first, second = folder.sealed("01-register"), folder.sealed("02-findings")
    if first is None or second is None:
        refuse(str(path), "a round without findings", "one that was run as far", "Run it first.", code="not-run")
    setting = read_setting(path / "documents" / "programme.yaml", pack_path=path / "documents" / "pack")
    copy = first.path / "register"
    if register is None and not (copy / "firm_years.parquet").is_file():
        refuse(str(path), "a register that was not copied", "", "Say where it lies with --register.", code="no-register")
    found = open_register(register if register is not None else copy)
    return Side(found, setting.programme.value.year, pq.read_table(second.path / "findings.parquet"), setting.compiled)
