"""The money side of a pack: its tax, its benchmarks, its instruments as of a day, and how columns come from facts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, Field, RootModel

from littlegiant.documents import Document, Frozen, applies_on, read_document
from littlegiant.finance.instruments import AnyInstrument, Instrument, Rules
from littlegiant.finance.instruments.reliefs import Allowance, RateCut, SmallFirmBand
from littlegiant.finance.rates import Benchmark, Rates, RatesFile, ReferenceTables
from littlegiant.finance.taxes import TaxRegime
from littlegiant.packs import Pack
from littlegiant.problems import LittleGiantError, Problem, refuse, suggestion

Sum = dict[str, float]  # fact -> factor


class InstrumentFile(RootModel[AnyInstrument]):
    """An instrument's own document: one of the kinds that follow, told by its `kind`."""

    root: AnyInstrument


class Ratio(Frozen):
    """A ratio of sums of facts, with a value where the bottom is not above zero."""

    top: Sum
    bottom: Sum
    otherwise: float
    at_most: float


class FlagRule(Frozen):
    """A flag that is a title held, or a yes-or-no fact."""

    holds: str = ""
    fact: str = ""


class ScoreInputs(Frozen):
    """What the risk score is made of, for firms without a rating."""

    working_capital: Sum
    retained: Sum
    ebit: Sum


class Columns(Frozen):
    """`columns.yaml`: how the columns of firms come from the facts of a register."""

    format: Literal[1]
    currency: str
    columns: dict[str, Sum]
    ratios: dict[str, Ratio] = {}
    flags: dict[str, FlagRule] = {}
    score: ScoreInputs | None = None
    rating: str = ""  # a code fact with the firm's rating, where there is one
    default_by_rating: dict[str, float] = {}
    loss_given_default: float = Field(default=0.6, ge=0, le=1)
    size_by_staff: dict[str, float] = {}  # size class -> staff below which it holds, the smallest first; above all: large


@dataclass(frozen=True)
class Catalogue:
    """What holds on a day. `background`: the reliefs that the law gives whoever may have them."""

    pack: Pack
    on: date
    rules: Rules
    instruments: tuple[Instrument, ...]
    columns: Columns
    rates: Rates

    def instrument(self, id: str) -> Instrument:
        for each in self.instruments:
            if each.id == id:
                return each
        known = [each.id for each in self.instruments]
        refuse(
            f"pack {self.pack.id}",
            f"no instrument {id!r} on {self.on}",
            "",
            suggestion(id, known) or _known(known),
            code="unknown-name",
        )

    @property
    def background(self) -> tuple[Instrument, ...]:
        """The reliefs of income tax that stand beside everything else; of exclusive ones those that a flag opens come too."""
        return tuple(each for each in self.instruments if isinstance(each, (Allowance, RateCut, SmallFirmBand)))


def _known(names: Sequence[str]) -> str:
    return f"Known: {', '.join(names)}." if names else "The pack has none."


def open_catalogue(pack: Pack, on: date, *, benchmark: Benchmark = "reference") -> Catalogue:
    """Return the money side of `pack` on the day `on`; raises with every problem of its documents."""
    if not (pack.path / "columns.yaml").is_file():
        remedy = "Write columns.yaml; see the page on finance."
        refuse(
            f"pack {pack.id}",
            "no columns.yaml: it says nothing of money",
            "how columns come from facts",
            remedy,
            code="no-finance",
        )
    regime = _one(pack, "tax", TaxRegime, on)
    references = _one(pack, "references", ReferenceTables, on)
    instruments = tuple(document.value.root for document in instrument_documents(pack) if _holds(document.value.root.applies, on))
    columns = read_document(pack.path / "columns.yaml", Columns, name=f"{pack.id}/columns.yaml")
    _check_columns(pack, columns)
    rates: RatesFile = _one(pack, "rates", RatesFile, on)
    return Catalogue(pack, on, Rules(regime, references), instruments, columns.value, rates.at(benchmark))


def instrument_documents(pack: Pack) -> list[Document[InstrumentFile]]:
    """Return every instrument of a pack, of any day; raises for two of one name that hold on the same day."""
    documents = [pack.document(path, InstrumentFile) for path in pack.paths("instruments")]
    problems = []
    for number, first in enumerate(documents):
        for second in documents[number + 1 :]:
            a, b = first.value.root, second.value.root
            if a.id == b.id and any(x.overlaps(y) for x in a.applies for y in b.applies):
                found = f"{a.id} twice, also in {first.name}"
                problems.append(Problem(second.name, found, "validities that do not overlap", "End the older one.", "validity"))
    if problems:
        raise LittleGiantError(problems)
    return documents


def _holds(applies: Sequence[Any], on: date) -> bool:
    return not applies or applies_on(applies, on, "any")


def _one(pack: Pack, folder: str, model: type[Any], on: date) -> Any:
    documents: list[Document[BaseModel]] = [pack.document(path, model) for path in pack.paths(folder)]
    holding = [document.value for document in documents if applies_on(document.value.applies, on, "any")]  # type: ignore[attr-defined]
    if len(holding) != 1:
        found = f"{len(holding) or 'no'} documents that hold on {on}"
        remedy = "Dates outside of every validity cannot be computed; choose another day or add the document."
        refuse(f"pack {pack.id}, {folder}/", found, "one", remedy, code="validity")
    return holding[0]


def _check_columns(pack: Pack, document: Document[Columns]) -> None:
    """Refuse facts and titles that the pack does not know."""
    value, problems = document.value, []
    sums: dict[tuple[str, ...], Sum] = {("columns", name): terms for name, terms in value.columns.items()}
    for name, ratio in value.ratios.items():
        sums |= {("ratios", name, "top"): ratio.top, ("ratios", name, "bottom"): ratio.bottom}
    for path, terms in sums.items():
        for fact in terms:
            if fact not in pack.facts or not pack.facts[fact].numeric:
                remedy = suggestion(fact, pack.facts) or "Name a number of facts.yaml."
                problems.append(Problem(document.place(*path), f"no number {fact!r}", "", remedy, "unknown-name"))
    tiers = [tier.id for tier in pack.header.tiers]
    for name, flag in value.flags.items():
        if flag.holds and flag.holds not in tiers:
            problems.append(
                Problem(
                    document.place("flags", name), f"no tier {flag.holds!r}", "", suggestion(flag.holds, tiers), "unknown-name"
                )
            )
        if flag.fact and flag.fact not in pack.facts:
            remedy = suggestion(flag.fact, pack.facts)
            problems.append(Problem(document.place("flags", name), f"no fact {flag.fact!r}", "", remedy, "unknown-name"))
    if problems:
        raise LittleGiantError(problems)
