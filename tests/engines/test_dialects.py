"""By chance: conditions and whole standards give the same rows in PostgreSQL and DuckDB, with holes, zeros, extremes, dates."""

from random import Random

import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from assessment.invented import compiled_text, some_conditions, some_standard, standard_of, toy_firms
from breadth import breadth
from littlegiant.assessment.subjects import subject_table
from littlegiant.engines import DuckDBEngine
from littlegiant.engines.postgres_engine import PostgresEngine
from littlegiant.standards import Compiled, query

steady = settings(derandomize=True, deadline=None, database=None, max_examples=8, phases=[Phase.explicit, Phase.generate])
SEEDS = st.integers(0, 2**32 - 1)


def both(postgres: str, compiled: Compiled, subject: pa.Table) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Return the rows that the two engines give for one relation."""
    here = DuckDBEngine(threads=1)
    here.bind("subject", subject)
    ours = here.table(query(compiled), order=('"case"',)).to_pylist()
    here.close()
    with PostgresEngine(postgres) as there:
        there.bind("subject", subject)
        theirs = [row for batch in there.read(query(compiled, "postgres"), order=('"case"',)) for row in batch.to_pylist()]
    return ours, theirs


@pytest.mark.matrix("any expression of the language, by chance", folder="yes", postgresql="yes")
@settings(steady)
@given(seed=SEEDS)
def test_conditions_by_chance(postgres: str, seed: int) -> None:
    rng = Random(seed)
    compiled = compiled_text(standard_of(some_conditions(rng, 30, 4, assume=True)))
    firms = toy_firms(rng, compiled.items, 150, rng.choice([0.05, 0.2, 0.5]))
    ours, theirs = both(postgres, compiled, subject_table(firms, compiled))
    assert theirs == ours


@pytest.mark.matrix("whole standards by chance", folder="yes", postgresql="yes")
@settings(steady, max_examples=12)
@given(seed=SEEDS)
def test_whole_standards_by_chance(postgres: str, seed: int) -> None:
    rng = Random(seed)
    compiled = compiled_text(some_standard(rng, stand_ins=bool(seed % 2)))
    firms = toy_firms(rng, compiled.items, 120, rng.choice([0.1, 0.3, 0.6]))
    ours, theirs = both(postgres, compiled, subject_table(firms, compiled))
    assert theirs == ours


@pytest.mark.slow
@settings(steady, max_examples=breadth(60))
@given(seed=SEEDS)
def test_many_conditions_by_chance(postgres: str, seed: int) -> None:
    rng = Random(seed)
    compiled = compiled_text(standard_of(some_conditions(rng, 40, 5, assume=True)))
    firms = toy_firms(rng, compiled.items, 300, rng.choice([0.05, 0.2, 0.5]))
    ours, theirs = both(postgres, compiled, subject_table(firms, compiled))
    assert theirs == ours
