"""The firms of a register as the network needs them: one query, in the order of their ids."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from littlegiant.engines import DuckDBEngine
from littlegiant.networks.network import Floats
from littlegiant.packs import Pack
from littlegiant.problems import refuse, suggestion
from littlegiant.register import Register

Texts = npt.NDArray[np.str_]
_NUMBERS = ("money", "number", "share", "count", "boolean")


@dataclass(frozen=True)
class Firms:
    """Shape (firms,) each; texts are empty and numbers NaN where unknown. `accounts` in the smallest unit of money."""

    ids: Texts
    name: Texts
    sector: Texts
    region: Texts
    product: Texts  # the leading product as the firm names it
    founded: npt.NDArray[np.int64]  # year, 0 where unknown
    accounts: dict[str, Floats]
    capabilities: dict[str, Floats]

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def place(self) -> dict[str, int]:
        return {firm: number for number, firm in enumerate(self.ids.tolist())}


def read_firms(
    register: Register,
    pack: Pack,
    *,
    year: int,
    accounts: Mapping[str, str],
    capabilities: Sequence[str] = (),
    where: str = "accounts",
) -> Firms:
    """Return all firms of the register; figures are those of `year`. `accounts` and `capabilities` name facts."""
    wanted: dict[str, str] = dict(accounts)
    wanted |= {f"capability {name}": name for name in capabilities}
    for name in wanted.values():
        if name not in pack.facts:
            remedy = suggestion(name, pack.facts) or "Name a fact of the pack."
            refuse(where, f"no fact {name!r}", "", remedy, code="unknown-name")
        if pack.facts[name].type not in _NUMBERS:
            found = f"the fact {name!r} of type {pack.facts[name].type}"
            refuse(where, found, f"one of {', '.join(_NUMBERS)}", "Name a fact that is a number.", code="type")
    have = {table: register.columns(table) for table in ("firms", "firm_years")}

    def column(name: str, kind: str) -> str:
        if name in have["firms"]:
            return f'f."{name}"::{kind}'
        return f'y."{name}"::{kind}' if name in have["firm_years"] else f"NULL::{kind}"

    product = pack.niche.product if pack.niche is not None else ""
    texts = {"name": "name", "sector": "sector", "region": "region", "product": product}
    parts = [f"{column(fact, 'VARCHAR')} AS {key}" for key, fact in texts.items()]
    parts += [f"year({column('founded', 'DATE')}) AS founded"]
    parts += [f'{column(fact, "DOUBLE")} AS "{key} value"' for key, fact in wanted.items()]
    engine = DuckDBEngine()
    engine.bind("firms", register.table("firms"))
    engine.bind("firm_years", register.table("firm_years"))
    joined = f"firms f LEFT JOIN (SELECT * FROM firm_years WHERE year = {int(year)}) y ON y.firm = f.firm"
    table = engine.table(f"SELECT f.firm AS firm, {', '.join(parts)} FROM {joined}", order=("firm",))
    engine.close()
    numbers = {key: _floats(table[f"{key} value"]) for key in wanted}
    return Firms(
        ids=_texts(table["firm"]),
        name=_texts(table["name"]),
        sector=_texts(table["sector"]),
        region=_texts(table["region"]),
        product=_texts(table["product"]),
        founded=np.asarray(table["founded"].fill_null(0).combine_chunks().to_numpy(zero_copy_only=False), np.int64),
        accounts={key: numbers[key] for key in accounts},
        capabilities={name: numbers[f"capability {name}"] for name in capabilities},
    )


def _texts(column: pa.ChunkedArray) -> Texts:
    return np.array(column.fill_null("").to_pylist(), np.str_)


def _floats(column: pa.ChunkedArray) -> Floats:
    return np.asarray(column.combine_chunks().to_numpy(zero_copy_only=False), np.float64)
