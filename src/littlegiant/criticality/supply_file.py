"""`supply.yaml`: what is known of a supply network, where it lies, and how good each part of it is."""

from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Literal

from pydantic import Field, model_validator

from littlegiant.documents import Document, Frozen, Slug, read_document
from littlegiant.networks.essentiality import Class

# From what is recorded to what is guessed: invoices or tax records, what firms declare, what experts found, what a product's
# words match. What is drawn from tables is no evidence on a firm and has no grade here.
Grade = Literal["recorded", "declared", "found", "matched"]


class LinksFile(Frozen):
    """Links from firm to firm: a CSV (supplier, buyer, value; perhaps year, currency, product) or the register's table."""

    file: str = ""  # empty: the register's own table `links`
    grade: Grade = "recorded"
    year: int | None = None  # of the links; without it the year that is asked for
    unit: str = ""  # of values in a CSV, a multiple of the pack's currency; the currency itself where empty
    unknown_firms: Literal["refuse", "keep"] = "refuse"  # firms in links that the register does not have
    self_loops: Literal["keep", "drop"] = "keep"  # links of a firm with itself
    credit_notes: Literal["refuse", "net"] = "refuse"  # negative values: refused, or set against the pair's other rows


class DependenceFiles(Frozen):
    """Who provides which share of which product: products, chain (goes_into, type_of), provision."""

    products: str
    provision: str
    chain: str = ""
    weak: float = Field(default=0.05, ge=0, le=1)
    single: float = Field(default=0.6, ge=0, le=1)
    normalise: bool = False
    source: str


class TradeFile(Frozen):
    """Trade of all countries by product: a CSV with product, exporter, importer, year, value."""

    file: str
    last_year: int  # the criteria look at this year and the two before
    source: str


class SupplyFile(Frozen):
    """What is known of a supply network. Paths are relative to the file; everything in them is restricted."""

    format: Literal[1]
    supply: Slug
    title: dict[str, str]
    home: str = ""  # code of the own country, as in the provision
    links: LinksFile | None = None
    declared: str = ""  # CSV: firm, side, partner, share; main customers and suppliers from applications
    foreign: str = ""  # CSV: country, product, buyer, value; perhaps sector: what firms buy abroad
    essentiality: str = ""  # id in the pack, or a CSV matrix
    unknown_class: Class | None = None
    market: Literal["sector", "none"] = "sector"  # who can step in for a firm: those of its sector, or nobody
    accounts: dict[Literal["revenue", "material_cost"], str] = {}  # facts of the register
    dependence: DependenceFiles | None = None
    trade: TradeFile | None = None
    catalogue: str = ""  # id of a catalogue of key links in the pack
    firm_products: str = ""  # CSV: firm, product, share; perhaps qualified
    findings: str = ""  # CSV: firm, link, verdict, by, role, at: what experts found
    capabilities: tuple[str, ...] = ()  # facts that say what a firm can do, shown beside candidates
    stop: Literal["published", "converged"] = "published"  # when the sweeps of systemic risk end
    failure: float = Field(default=0.01, ge=0, le=1)  # probability that a firm fails in a year
    share: float = Field(default=0.5, gt=0, le=1)  # of a link that a second source takes
    measure: int = Field(default=2000, ge=1)  # firms measured exactly; the rest with losses below 1e-4 cut
    gaps: int = Field(default=20, ge=1)  # missing links valued in full

    def files(self) -> tuple[str, ...]:
        """Return the files that the document names, in order, each once."""
        names = [self.links.file if self.links else "", self.declared, self.foreign, self.firm_products, self.findings]
        names += [self.essentiality] if self.essentiality.endswith(".csv") else []
        names += [self.dependence.products, self.dependence.provision, self.dependence.chain] if self.dependence else []
        names += [self.trade.file] if self.trade else []
        return tuple(dict.fromkeys(name for name in names if name))

    @model_validator(mode="after")
    def _knows_something(self) -> "SupplyFile":
        if not (self.links or self.declared or self.dependence or self.catalogue or self.trade):
            raise ValueError("knows nothing: give `links:`, `declared:`, `dependence:` or a `catalogue:` for products")
        if self.foreign and not (self.links or self.declared):
            raise ValueError("`foreign:` needs `links:` or `declared:`: what is bought abroad stands in a network")
        for name in self.files():
            # A round copies these files into its private part; a path that leads elsewhere would lead the copies there, too.
            if PurePosixPath(name).is_absolute() or PureWindowsPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
                raise ValueError(f"the file {name!r} lies elsewhere: files lie beside the supply file or below it")
        if (self.links or self.declared) and not self.essentiality:
            raise ValueError("`essentiality:` is needed with links: which inputs a sector cannot do without")
        if (self.dependence or self.trade) and not self.home:
            raise ValueError("`home:` is needed with `dependence:` and `trade:`")
        return self


def read_supply(path: Path) -> Document[SupplyFile]:
    """Return the document at `path`; raises with all its problems at once."""
    return read_document(path, SupplyFile)
