"""The outsider's digests agree with the house's, on tables of every kind and on a whole round."""

import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

import littlegiant
from littlegiant.digests import digest_table
from littlegiant.register.store import KEYS as REGISTER_KEYS
from littlegiant.rounds.tables import KEYS as ROUND_KEYS
from littlegiant_verifier.checks import KEYS, check_round
from littlegiant_verifier.tables import table_digest

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("yes", pa.bool_()),
        ("fen", pa.int64()),
        ("small", pa.int32()),
        ("day", pa.date32()),
        ("share", pa.decimal128(18, 12)),
        ("text", pa.string()),
        ("never", pa.null()),
    ]
)
ROW = st.fixed_dictionaries(
    {
        "id": st.text(max_size=6),
        "yes": st.none() | st.booleans(),
        "fen": st.none() | st.integers(-(2**63), 2**63 - 1),
        "small": st.none() | st.integers(-(2**31), 2**31 - 1),
        "day": st.none() | st.dates(date(1900, 1, 1), date(2100, 1, 1)),
        "share": st.none() | st.decimals(Decimal(-1000), Decimal(1000), places=12),
        "text": st.none() | st.text(max_size=8),
        "never": st.none(),
    }
)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.lists(ROW, max_size=12, unique_by=lambda row: row["id"]), st.randoms())
def test_both_implementations_give_the_same_digest_in_any_order(rows: list[dict[str, object]], random: object) -> None:
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    random.shuffle(rows)  # type: ignore[attr-defined]
    shuffled = pa.Table.from_pylist(rows, schema=SCHEMA)
    assert table_digest(shuffled, ["id"]) == digest_table(table, ["id"])


def test_the_keys_are_those_of_the_house() -> None:
    house = {
        **{name: key for name, key in ROUND_KEYS.items() if key},
        **{name: key for name, key in REGISTER_KEYS.items() if key},
    }
    assert house == KEYS


def test_a_round_is_checked_from_outside(tmp_path: Path) -> None:
    littlegiant.synthesise(littlegiant.open_pack("cn"), tmp_path / "register", firms=400, years=(2023, 2024, 2025), seed=3)
    (tmp_path / "programme.yaml").write_text(
        "format: 1\nprogramme: outside\npack: cn\napplication: new\nreference_date: 2026-05-25\nyear: 2025\n"
        "register: register\nstandard: little-giant\n",
        encoding="utf-8",
    )
    littlegiant.run(tmp_path / "programme.yaml", tmp_path / "round")
    assert [finding.what for finding in check_round(tmp_path / "round") if finding.wrong] == []
    copy = tmp_path / "round/documents/pack/standards/little-giant/2026.yaml"
    copy.write_text(copy.read_text(encoding="utf-8").replace("value: 0.90", "value: 0.91"), encoding="utf-8")
    done = subprocess.run([sys.executable, "-m", "littlegiant_verifier", str(tmp_path / "round")], capture_output=True, text=True)
    assert done.returncode == 1
    assert "documents/pack/standards/little-giant/2026.yaml: is missing or its bytes have changed" in done.stdout
